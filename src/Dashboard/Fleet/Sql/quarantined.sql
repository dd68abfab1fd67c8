-- Incidents whose repairs took rows, the newest first, by keyset.
SELECT i.id AS incident, t.name AS target, i.kind, i.object, coalesce(i.repair, '') AS repair, a.rows, a.at, i.state
FROM healing.incidents i
JOIN healing.targets t ON t.id = i.target_id
JOIN LATERAL (
    SELECT sum(x.rows_quarantined)::bigint AS rows, max(coalesce(x.ended_at, x.started_at)) AS at
    FROM healing.attempts x WHERE x.incident_id = i.id AND x.rows_quarantined > 0) a ON a.rows > 0
WHERE (@Target::text IS NULL OR t.name = @Target::text)
  AND (@Before::bigint IS NULL OR i.id < @Before::bigint)
ORDER BY i.id DESC
LIMIT least(greatest(@Limit, 1), 1001)
