-- Another incident's claim on a copy that is there: taken when it was taken, kept as long as this incident wants it.
INSERT INTO healing.snapshots (incident_id, attempt, kind, place, host, bytes, sha256, manifest, taken_at, expires_at)
SELECT @Incident, @Attempt, s.kind, s.place, s.host, s.bytes, s.sha256, s.manifest, s.taken_at, greatest(s.expires_at, clock_timestamp() + @Keep)
FROM healing.snapshots s WHERE s.id = @Id AND s.removed_at IS NULL
RETURNING id
