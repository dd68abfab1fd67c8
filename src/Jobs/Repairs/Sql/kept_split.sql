-- A piece of a batch: the same in everything but its rows.
INSERT INTO healing_quarantine.batches (ledger, incident, attempt, repair, reason, taken_at, taken_by, settings, undone_at, undone_by)
SELECT b.ledger, b.incident, coalesce(@attempt, b.attempt), b.repair, b.reason, b.taken_at, b.taken_by,
       (b.settings - 'split') || pg_catalog.jsonb_build_object('first_batch', coalesce((b.settings->>'first_batch')::bigint, b.id)), b.undone_at, b.undone_by
FROM healing_quarantine.batches b WHERE b.id = @batch
RETURNING id
