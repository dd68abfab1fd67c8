-- Whether a newer backup that serves a database was not proven the last time that one was restored. What was broken off has no report and says nothing.
SELECT EXISTS (
    SELECT FROM healing.backups b
    WHERE b.id > @Id AND (b.target_id = @TargetId OR (b.system_identifier = @SystemIdentifier AND b.provider <> 'pg_dump'))
      AND (SELECT p.outcome IS DISTINCT FROM 'proven' FROM healing.restore_tests p WHERE p.backup_id = b.id AND p.report IS NOT NULL ORDER BY p.id DESC LIMIT 1))
