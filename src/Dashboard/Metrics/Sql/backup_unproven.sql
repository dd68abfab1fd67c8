-- For how long nobody has shown that a backup of a target can be restored; a proof counts also when its backup has gone since.
SELECT t.name AS target, extract(epoch FROM clock_timestamp() - coalesce(max(p.ended_at), min(b.ended_at)))::float8 AS value
FROM healing.targets t
JOIN healing.backups b ON b.target_id = t.id OR (b.system_identifier = t.system_identifier AND b.provider <> 'pg_dump')
LEFT JOIN healing.restore_tests p ON p.backup_id = b.id AND p.outcome = 'proven'
WHERE b.state = 'complete' OR (b.state = 'removed' AND b.ended_at IS NOT NULL AND b.label IS NOT NULL)
GROUP BY 1 HAVING bool_or(b.state = 'complete') ORDER BY 1
