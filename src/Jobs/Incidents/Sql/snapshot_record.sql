-- Where the evidence is, with its hash, before anything is changed.
INSERT INTO healing.snapshots (incident_id, attempt, kind, place, host, bytes, sha256, manifest, taken_at, expires_at)
VALUES (@IncidentId, @Attempt, @Kind, @Place, @Host, @Bytes, @Sha256, @Manifest::jsonb, clock_timestamp(), clock_timestamp() + @Keep)
RETURNING id
