-- What a person is waited for; what was escalated once stays with 0.
SELECT t.name AS target, i.kind, i.severity, count(*) FILTER (WHERE i.state = 'Escalated')::float8 AS value
FROM healing.incidents i JOIN healing.targets t ON t.id = i.target_id
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
