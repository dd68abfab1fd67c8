-- It did not come about, and why.
UPDATE healing.backups SET state = 'failed', ended_at = clock_timestamp(), error = @Error WHERE id = @Id AND state = 'running'
