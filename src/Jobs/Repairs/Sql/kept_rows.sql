-- How many rows lie in this quarantine, whoever put them there; those of a batch that was split once.
SELECT coalesce(sum(b.rows), 0)::bigint FROM healing_quarantine.batches b WHERE b.swept_at IS NULL AND b.settings->>'split' IS NULL
