-- When all pages of a target's server, as restored from a backup, were last found to agree with their checksums.
SELECT t.name AS target, extract(epoch FROM max(p.ended_at))::float8 AS value
FROM healing.targets t
JOIN healing.backups b ON b.system_identifier = t.system_identifier AND b.provider <> 'pg_dump'
JOIN healing.restore_tests p ON p.backup_id = b.id AND p.checksums = 'verified'
GROUP BY 1 ORDER BY 1
