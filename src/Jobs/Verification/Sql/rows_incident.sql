-- Everything that the ledger holds of an incident, as JSON in UTC, to be put into its receipt and compared with it later.
SELECT pg_catalog.jsonb_build_object(
    'incident', pg_catalog.to_jsonb(i),
    'attempts', (SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(a) ORDER BY a.number), '[]') FROM healing.attempts a WHERE a.incident_id = i.id),
    'snapshots', (SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(s) - 'removed_at' ORDER BY s.id), '[]') FROM healing.snapshots s WHERE s.incident_id = i.id),
    'audit_log', (SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(l) ORDER BY l.id), '[]') FROM healing.audit_log l WHERE l.incident_id = i.id),
    'target', (SELECT pg_catalog.to_jsonb(t) - 'last_seen_at' - 'name' - 'server_version' FROM healing.targets t WHERE t.id = i.target_id)
)::text
FROM healing.incidents i
WHERE i.id = @Id
