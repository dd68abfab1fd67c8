-- A restore that came to no result says nothing about its backup.
UPDATE healing.restore_tests SET ended_at = clock_timestamp(), error = @Error WHERE id = @Id AND ended_at IS NULL
