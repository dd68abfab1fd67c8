-- The newest look of a check at anything of a target; a dropped table's last look would stay for ever.
SELECT t.name AS target, c.check_name AS "check", extract(epoch FROM max(c.last_success_at))::float8 AS value
FROM healing.check_runs c JOIN healing.targets t ON t.id = c.target_id
WHERE c.last_success_at IS NOT NULL
GROUP BY 1, 2 ORDER BY 1, 2
