-- What the configured standbys had not replayed at the last health check.
SELECT t.name AS target, s ->> 'name' AS standby, (s ->> 'lag_bytes')::float8 AS value
FROM healing.target_looks l JOIN healing.targets t ON t.id = l.target_id CROSS JOIN LATERAL jsonb_array_elements(coalesce(l.look -> 'watched', '[]')) AS s
WHERE s ->> 'lag_bytes' IS NOT NULL
ORDER BY 1, 2
