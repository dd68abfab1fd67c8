-- What was open once stays with 0: an alert must see it end.
SELECT t.name AS target, i.kind, i.severity, count(*) FILTER (WHERE i.state NOT IN ('Resolved', 'Closed', 'Undone'))::float8 AS value
FROM healing.incidents i JOIN healing.targets t ON t.id = i.target_id
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
