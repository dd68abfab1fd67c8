-- Targets that have rows in quarantine, by the last look, with the incidents whose rows are not to go yet: they are open, or were not long ago.
-- Of whatever target: one that was upgraded or loaded into another server is another by its identity, and has its quarantine with it.
SELECT t.id AS target, t.name,
       ARRAY(SELECT i.id FROM healing.incidents i
             WHERE i.state NOT IN ('Resolved', 'Closed', 'Undone') OR i.closed_at > clock_timestamp() - @Age::interval) AS keep
FROM healing.quarantines q JOIN healing.targets t ON t.id = q.target_id WHERE q.rows > 0 ORDER BY t.id
