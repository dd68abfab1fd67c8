-- Batches of this ledger whose time is over, save those of incidents that are open, or were not long ago.
SELECT b.id FROM healing_quarantine.batches b
WHERE b.ledger = @ledger AND b.swept_at IS NULL AND b.taken_at < pg_catalog.clock_timestamp() - @age AND NOT b.incident = ANY (@keep)
ORDER BY b.id
