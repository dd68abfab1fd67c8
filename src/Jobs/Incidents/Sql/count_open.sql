-- What is wrong now.
SELECT t.name AS target, i.kind, i.severity, i.state, count(*) AS count
FROM healing.incidents i JOIN healing.targets t ON t.id = i.target_id
WHERE i.state NOT IN ('Resolved', 'Closed', 'Undone')
GROUP BY t.name, i.kind, i.severity, i.state ORDER BY 1, 2, 3, 4
