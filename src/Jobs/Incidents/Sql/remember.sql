-- The newest value replaces the one before: memory does not grow with time.
INSERT INTO healing.check_memory (target_id, topic, key, value, at)
SELECT t.id, @Topic, @Key, @Json::jsonb, clock_timestamp()
FROM healing.targets t
WHERE t.system_identifier = @SystemIdentifier AND t.database_oid = @DatabaseOid
ON CONFLICT (target_id, topic, key) DO UPDATE SET value = excluded.value, at = excluded.at
