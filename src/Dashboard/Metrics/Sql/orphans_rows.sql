-- As the last look counted them; what was looked at and is sound has 0.
SELECT t.name AS target, coalesce(sum((i.evidence ->> 'count')::bigint), 0)::float8 AS value
FROM healing.targets t
LEFT JOIN healing.incidents i ON i.target_id = t.id AND i.kind = 'orphan_rows' AND i.state NOT IN ('Resolved', 'Closed', 'Undone')
WHERE EXISTS (SELECT FROM healing.check_runs c WHERE c.target_id = t.id AND c.check_name = 'foreign_keys' AND c.last_success_at IS NOT NULL)
GROUP BY 1 ORDER BY 1
