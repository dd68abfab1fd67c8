-- What came of a restore.
UPDATE healing.restore_tests
SET ended_at = clock_timestamp(), outcome = @Outcome, phases = @Phases::jsonb, report = @Report::jsonb, checksums = @Checksums, bytes = @Bytes, error = @Error
WHERE id = @Id AND ended_at IS NULL
