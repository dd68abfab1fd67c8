-- A backup is known before the first byte of it lies anywhere.
INSERT INTO healing.backups (target_id, system_identifier, provider, host, place, server_version, run_id, started_at)
VALUES (@TargetId, @SystemIdentifier, @Provider, @Host, @Place, @ServerVersion, @RunId, clock_timestamp())
RETURNING id
