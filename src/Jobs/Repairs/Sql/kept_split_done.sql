-- The whole stays as it was hashed, for the receipts that name it; its pieces stand for it from now on.
UPDATE healing_quarantine.batches
SET undone_at = pg_catalog.clock_timestamp(), undone_by = @actor, replaced_by = @rest, settings = settings || '{"split": true}'
WHERE id = @batch AND undone_at IS NULL
