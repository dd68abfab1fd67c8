-- What the last look into the quarantine of each target counted.
SELECT t.name AS target, q.rows::float8 AS value FROM healing.quarantines q JOIN healing.targets t ON t.id = q.target_id ORDER BY 1
