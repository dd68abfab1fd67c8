-- Incidents whose repairs took rows, the newest first, by keyset, found by the attempts that took some; what was done again counts, and what it replaced does not.
SELECT i.id AS incident, t.name AS target, i.kind, i.object, coalesce(i.repair, '') AS repair, a.rows, a.at, i.state,
       CASE WHEN i.state = 'Undone' THEN a.rows ELSE least(greatest(b.rows, 0), a.rows) END AS back
FROM (SELECT DISTINCT q.incident_id FROM healing.attempts q
      WHERE q.rows_quarantined > 0 AND (@Before::bigint IS NULL OR q.incident_id < @Before::bigint) ORDER BY q.incident_id DESC) k
JOIN healing.incidents i ON i.id = k.incident_id
JOIN healing.targets t ON t.id = i.target_id
JOIN LATERAL (SELECT coalesce(max(x.number), 0) AS number FROM healing.attempts x WHERE x.incident_id = k.incident_id AND x.repair = 'undo_undone') f ON true
JOIN LATERAL (
    SELECT sum(x.rows_quarantined)::bigint AS rows, max(coalesce(x.ended_at, x.started_at)) AS at
    FROM healing.attempts x WHERE x.incident_id = k.incident_id AND x.rows_quarantined > 0 AND x.number >= f.number) a ON a.rows > 0
JOIN LATERAL (
    SELECT coalesce(sum(CASE x.repair WHEN 'rows_back' THEN 1 ELSE -1 END * (q.batch->>'rows')::bigint), 0)::bigint AS rows
    FROM healing.attempts x CROSS JOIN LATERAL jsonb_array_elements(x.quarantine) AS q (batch)
    WHERE x.incident_id = k.incident_id AND x.number > f.number AND x.repair IN ('rows_back', 'rows_again')) b ON true
WHERE @Target::text IS NULL OR t.name = @Target::text
ORDER BY k.incident_id DESC
LIMIT least(greatest(@Limit, 1), 1001)
