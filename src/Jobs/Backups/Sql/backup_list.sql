-- Backups with what their newest proof said; a physical one serves every target of its server.
SELECT b.id, b.target_id, t.name AS target_name, b.system_identifier, b.provider, b.state, b.started_at, b.ended_at, b.host, b.place, b.label, b.bytes, b.server_bytes,
       b.server_version, b.timeline, b.wal_from::text, b.wal_to::text, b.restore_point, CASE WHEN @Whole OR b.counted IS NULL THEN b.counted ELSE pg_catalog.jsonb_build_object('exact', b.counted -> 'exact', 'why', b.counted -> 'why', 'tables', '[]'::jsonb) END::text AS counted, b.error, b.removed_why,
       (SELECT max(p.ended_at) FROM healing.restore_tests p WHERE p.backup_id = b.id AND p.outcome = 'proven') AS proven_at,
       COALESCE((SELECT p.outcome = 'failed' FROM healing.restore_tests p WHERE p.backup_id = b.id AND p.outcome IS NOT NULL ORDER BY p.id DESC LIMIT 1), false) AS disproven,
       EXISTS (SELECT FROM healing.restore_tests p WHERE p.backup_id = b.id AND p.ended_at IS NULL AND p.started_at > clock_timestamp() - interval '1 day') AS in_use
FROM healing.backups b
JOIN healing.targets t ON t.id = b.target_id
WHERE (@Id::bigint IS NULL OR b.id = @Id)
  AND (@Before::bigint IS NULL OR b.id < @Before)
  AND (@Id::bigint IS NOT NULL OR @Removed OR b.state <> 'removed')
  AND (@TargetId::bigint IS NULL OR b.target_id = @TargetId OR (b.system_identifier = @SystemIdentifier AND b.provider <> 'pg_dump'))
  AND (@Target::text IS NULL OR t.name = @Target
       OR (b.provider <> 'pg_dump' AND b.system_identifier IN (SELECT s.system_identifier FROM healing.targets s WHERE s.name = @Target)))
  AND (NOT @Good OR (b.state = 'complete'
       AND COALESCE((SELECT p.outcome <> 'failed' FROM healing.restore_tests p WHERE p.backup_id = b.id AND p.outcome IS NOT NULL ORDER BY p.id DESC LIMIT 1), true)))
ORDER BY b.id DESC
LIMIT @Limit
