-- What repairs of one incident took, the oldest first.
SELECT b.id, b.attempt, b.repair, b.reason, b.taken_at, b.taken_by, b.rows, b.sha256, b.undone_at, b.undone_by, b.replaced_by, b.swept_at
FROM healing_quarantine.batches b
WHERE b.ledger = @ledger AND b.incident = @incident AND b.rows > 0
ORDER BY b.id
