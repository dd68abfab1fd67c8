-- These batches are brought back.
UPDATE healing_quarantine.batches SET undone_at = pg_catalog.clock_timestamp(), undone_by = @actor WHERE id = ANY (@batches) AND undone_at IS NULL
