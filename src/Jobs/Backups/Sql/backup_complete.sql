-- Only what still runs can become complete: whoever took over has marked the rest as failed.
UPDATE healing.backups
SET state = 'complete', ended_at = clock_timestamp(), place = @Place, label = @Label, bytes = @Bytes, server_bytes = @ServerBytes,
    timeline = @Timeline, wal_from = @WalFrom::pg_lsn, wal_to = @WalTo::pg_lsn, restore_point = @RestorePoint, counted = @Counted::jsonb
WHERE id = @Id AND state = 'running'
