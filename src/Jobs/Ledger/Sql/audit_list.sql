-- A page of the audit log by keyset: no OFFSET, so the last page costs what the first does.
SELECT id, at, event_type, severity, message, metadata, actor, target_id, incident_id
FROM healing.audit_log
WHERE (@Incident::bigint IS NULL OR incident_id = @Incident::bigint)
  AND (@Actor::text IS NULL OR actor = @Actor::text)
  AND (@Event::text IS NULL OR event_type = @Event::text)
  AND (@Target::text IS NULL OR target_id IN (SELECT t.id FROM healing.targets t WHERE t.name = @Target::text))
  AND (@Since::timestamptz IS NULL OR at >= @Since::timestamptz)
  AND (@Until::timestamptz IS NULL OR at < @Until::timestamptz)
  AND (@Before::bigint IS NULL OR id < @Before::bigint)
ORDER BY id DESC
LIMIT least(greatest(@Limit, 1), 1001)
