-- A copy of that server on this host that an incident may use: its own, however old, or a young one of another.
SELECT s.id, s.incident_id, s.attempt, s.kind, s.place, s.host, s.bytes, s.sha256, s.manifest::text AS manifest, s.taken_at, s.expires_at, s.removed_at
FROM healing.snapshots s JOIN healing.incidents i ON i.id = s.incident_id JOIN healing.targets t ON t.id = i.target_id
WHERE t.system_identifier = @SystemIdentifier AND s.host = @Host AND s.kind = @Kind AND s.removed_at IS NULL
  AND (s.incident_id = @Incident OR (s.taken_at > clock_timestamp() - @ShareFor AND s.expires_at > clock_timestamp() + interval '10 min'))
ORDER BY (s.incident_id = @Incident) DESC, s.taken_at DESC
LIMIT 1
