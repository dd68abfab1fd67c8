-- All the evidence of one incident.
SELECT s.id, s.incident_id, s.attempt, s.kind, s.place, s.host, s.bytes, s.sha256, s.manifest::text AS manifest, s.taken_at, s.expires_at, s.removed_at
FROM healing.snapshots s WHERE s.incident_id = @Incident ORDER BY s.id
