-- The age of the newest good backup of each target that is, or was, backed up; a physical one serves every target of its server.
SELECT t.name AS target, extract(epoch FROM clock_timestamp() - max(b.started_at))::float8 AS value
FROM healing.targets t
JOIN healing.backups b ON b.target_id = t.id OR (b.system_identifier = t.system_identifier AND b.provider <> 'pg_dump')
WHERE b.state = 'complete'
  AND COALESCE((SELECT p.outcome <> 'failed' FROM healing.restore_tests p WHERE p.backup_id = b.id AND p.outcome IS NOT NULL ORDER BY p.id DESC LIMIT 1), true)
GROUP BY 1 ORDER BY 1
