-- That there was evidence stays known.
UPDATE healing.snapshots SET removed_at = clock_timestamp() WHERE id = @Id AND removed_at IS NULL
