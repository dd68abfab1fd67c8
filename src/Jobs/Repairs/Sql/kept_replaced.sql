-- What these batches did has been done again by another.
UPDATE healing_quarantine.batches SET replaced_by = @by WHERE id = ANY (@batches) AND replaced_by IS NULL
