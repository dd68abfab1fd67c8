-- Incidents are never deleted, so this only rises, as a counter must.
SELECT t.name AS target, i.kind, i.severity, NULL::text AS state, count(*) AS count
FROM healing.incidents i JOIN healing.targets t ON t.id = i.target_id
GROUP BY t.name, i.kind, i.severity ORDER BY 1, 2, 3
