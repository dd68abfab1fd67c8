-- Restores of backups and what came of them, the newest first; a copy of files was made for every target of its server.
SELECT p.id, p.backup_id, t.name AS target, b.provider, b.started_at AS backup_started_at, p.started_at, p.ended_at, p.host, p.outcome, p.phases::text, p.report::text, p.checksums, p.bytes, p.error
FROM healing.restore_tests p
JOIN healing.backups b ON b.id = p.backup_id
JOIN healing.targets t ON t.id = b.target_id
WHERE (@Before::bigint IS NULL OR p.id < @Before)
  AND (@Target::text IS NULL OR t.name = @Target
       OR (b.provider <> 'pg_dump' AND b.system_identifier IN (SELECT s.system_identifier FROM healing.targets s WHERE s.name = @Target)))
ORDER BY p.id DESC
LIMIT @Limit
