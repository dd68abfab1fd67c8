-- When each check last ran, and when it last really looked.
SELECT t.name AS target, c.check_name AS "check", c.object, c.status, c.reason, c.seconds, c.at, c.last_success_at
FROM healing.check_runs c JOIN healing.targets t ON t.id = c.target_id
ORDER BY t.name, c.check_name, c.object
