-- A deferral is not an attempt.
SELECT t.name AS target, coalesce(a.outcome, 'in_hand') AS outcome, count(*) AS count
FROM healing.attempts a JOIN healing.incidents i ON i.id = a.incident_id JOIN healing.targets t ON t.id = i.target_id
WHERE a.outcome IS DISTINCT FROM 'deferred'
GROUP BY t.name, coalesce(a.outcome, 'in_hand') ORDER BY 1, 2
