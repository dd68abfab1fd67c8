-- One remembered value less.
DELETE FROM healing.check_memory m USING healing.targets t
WHERE t.id = m.target_id AND t.system_identifier = @SystemIdentifier AND t.database_oid = @DatabaseOid AND m.topic = @Topic AND m.key = @Key
