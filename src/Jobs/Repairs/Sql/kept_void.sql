-- A batch that was copied and not taken out: it is no longer among those that can come back.
UPDATE healing_quarantine.batches SET settings = settings || pg_catalog.jsonb_build_object('void', @why::text) WHERE id = @batch
