-- One remembered value of a target, which is known by what it is and not by its name.
SELECT m.value::text
FROM healing.check_memory m JOIN healing.targets t ON t.id = m.target_id
WHERE t.system_identifier = @SystemIdentifier AND t.database_oid = @DatabaseOid AND m.topic = @Topic AND m.key = @Key
