-- Targets that have rows in quarantine, by the last look, with the incidents whose rows are not to go yet.
SELECT t.id AS target, t.name,
       ARRAY(SELECT i.id FROM healing.incidents i WHERE i.target_id = t.id AND i.state NOT IN ('Resolved', 'Closed', 'Undone')) AS open
FROM healing.quarantines q JOIN healing.targets t ON t.id = q.target_id WHERE q.rows > 0 ORDER BY t.id
