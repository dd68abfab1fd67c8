-- What came of a restore. Without an outcome it has shown neither that the backup is good nor that it is bad.
UPDATE healing.restore_tests
SET ended_at = clock_timestamp(), outcome = @Outcome::text, phases = @Phases::jsonb, report = @Report::jsonb, checksums = @Checksums, bytes = @Bytes, error = @Error
WHERE id = @Id AND ended_at IS NULL
