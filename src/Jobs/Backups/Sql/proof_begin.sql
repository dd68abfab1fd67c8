-- A restore of a backup begins; until it ends nobody removes the backup.
INSERT INTO healing.restore_tests (backup_id, host, run_id, started_at) VALUES (@Backup, @Host, @Run, clock_timestamp()) RETURNING id
