-- What is paused, for the people who wonder why nothing is repaired.
SELECT nullif(p.target_id, 0) AS target_id, t.name AS target_name, p.actor, p.why, p.at
FROM healing.pauses p LEFT JOIN healing.targets t ON t.id = p.target_id
ORDER BY p.at
