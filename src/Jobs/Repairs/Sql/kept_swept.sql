-- All rows of the batch are gone.
UPDATE healing_quarantine.batches SET swept_at = pg_catalog.clock_timestamp() WHERE id = @batch AND swept_at IS NULL
