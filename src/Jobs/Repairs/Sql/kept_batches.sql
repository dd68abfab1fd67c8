-- What repairs of one incident took, the oldest first. Of a batch that was split for single rows the pieces name the one they come from.
SELECT b.id, b.attempt, b.repair, b.reason, b.taken_at, b.taken_by, b.rows, b.sha256, b.undone_at, b.undone_by, b.replaced_by, b.swept_at, b.settings->>'void' AS void,
       coalesce((b.settings->>'first_batch')::bigint, b.id) AS first
FROM healing_quarantine.batches b
WHERE b.ledger = @ledger AND b.incident = @incident AND b.rows > 0
-- include: kept_own
ORDER BY first, b.id
