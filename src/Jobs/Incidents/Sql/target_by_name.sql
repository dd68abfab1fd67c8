-- The newest bearer of a name, without asking the server.
SELECT id FROM healing.targets WHERE name = @Name ORDER BY last_seen_at DESC LIMIT 1
