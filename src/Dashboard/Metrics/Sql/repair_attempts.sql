-- Only what has ended for good: a deferred attempt's number is used again, so counting it would let the counter fall.
SELECT t.name AS target, i.kind, a.outcome, count(*)::float8 AS value
FROM healing.attempts a
JOIN healing.incidents i ON i.id = a.incident_id
JOIN healing.targets t ON t.id = i.target_id
WHERE a.outcome IN ('succeeded', 'failed', 'crashed')
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
