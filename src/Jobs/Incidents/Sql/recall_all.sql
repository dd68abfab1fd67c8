-- Everything that is remembered of a target under one topic.
SELECT m.key, m.value::text
FROM healing.check_memory m JOIN healing.targets t ON t.id = m.target_id
WHERE t.system_identifier = @SystemIdentifier AND t.database_oid = @DatabaseOid AND m.topic = @Topic
