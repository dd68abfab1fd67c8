-- Plans that wait to be read and approved.
SELECT t.name AS target, count(i.id)::float8 AS value
FROM healing.targets t LEFT JOIN healing.incidents i ON i.target_id = t.id AND i.state = 'AwaitingApproval' AND i.approved_by IS NULL
GROUP BY 1 ORDER BY 1
