-- What a target was when it was last reached; for what must be told while it is away.
SELECT id, system_identifier, database_oid, database_name FROM healing.targets WHERE name = @Name ORDER BY last_seen_at DESC LIMIT 1
