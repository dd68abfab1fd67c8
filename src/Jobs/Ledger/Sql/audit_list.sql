-- A page of the audit log by keyset: no OFFSET, so the last page costs what the first does.
SELECT id, at, event_type, severity, message, metadata, actor, target_id, incident_id
FROM healing.audit_log
WHERE (@Incident::bigint IS NULL OR incident_id = @Incident::bigint)
  AND (@Before::bigint IS NULL OR id < @Before::bigint)
ORDER BY id DESC
LIMIT least(greatest(@Limit, 1), 1000)
