-- Targets of a server with an open incident about its WAL: it is received once, for all of them.
SELECT DISTINCT t.id FROM healing.targets t JOIN healing.incidents i ON i.target_id = t.id
WHERE t.system_identifier = @SystemIdentifier AND i.check_name = 'wal' AND i.state NOT IN ('Resolved', 'Closed', 'Undone')
