-- What repairs of one incident took, the oldest first. Of a batch that was split for single rows the pieces name the one they come from.
-- A ledger that came back from its backup gives numbers of incidents again: when the incident was opened tells whose a batch is.
SELECT b.id, b.attempt, b.repair, b.reason, b.taken_at, b.taken_by, b.rows, b.sha256, b.undone_at, b.undone_by, b.replaced_by, b.swept_at, b.settings->>'void' AS void,
       coalesce((b.settings->>'first_batch')::bigint, b.id) AS first
FROM healing_quarantine.batches b
WHERE b.ledger = @ledger AND b.incident = @incident AND b.rows > 0
  AND (@opened::timestamptz IS NULL OR coalesce((b.settings->>'incident_opened')::timestamptz = @opened::timestamptz, b.taken_at > @opened::timestamptz - interval '1 day'))
ORDER BY first, b.id
