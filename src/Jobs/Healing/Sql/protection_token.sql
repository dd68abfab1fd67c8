-- What of ours is to stand in this database: a backup brings back settings that were taken back long ago.
SELECT p.token FROM healing.protections p JOIN healing.targets t ON t.id = p.target_id
WHERE t.system_identifier = @SystemIdentifier AND t.database_oid = @DatabaseOid AND p.state IN ('setting', 'set')
