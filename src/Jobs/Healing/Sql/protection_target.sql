-- Known by what it is, whatever it is called.
SELECT t.id FROM healing.targets t WHERE t.system_identifier = @SystemIdentifier AND t.database_oid = @DatabaseOid ORDER BY t.last_seen_at DESC LIMIT 1
