-- The targets whose data a backup holds: a dump is of one, a copy of files of all of its server.
SELECT t.id, t.name, t.database_name AS database, t.database_oid
FROM healing.targets t
WHERE t.id = @TargetId OR (@Physical AND t.system_identifier = @SystemIdentifier)
ORDER BY t.id
