-- A target is known by what it is; its name is only what it is called now.
INSERT INTO healing.targets (system_identifier, database_oid, name, database_name, server_version)
VALUES (@SystemIdentifier, @DatabaseOid, @Name, @Database, @VersionNum)
ON CONFLICT (system_identifier, database_oid) DO UPDATE
SET name = excluded.name, database_name = excluded.database_name, server_version = excluded.server_version, last_seen_at = clock_timestamp()
RETURNING id
