-- A page of the audit log by keyset: no OFFSET, so the last page costs what the first does.
SELECT id, at, event_type, severity, message, metadata, actor, target_id, incident_id
FROM healing.audit_log
WHERE (@Incident::bigint IS NULL OR incident_id = @Incident::bigint)
  AND (@Actor::text IS NULL OR actor = @Actor::text)
  AND (@Event::text IS NULL OR event_type = @Event::text)
  AND (@Targets::bigint[] IS NULL OR target_id = ANY (@Targets::bigint[]))
  AND (@Since::timestamptz IS NULL OR at >= @Since::timestamptz)
  AND (@Until::timestamptz IS NULL OR at < @Until::timestamptz)
  -- numbers rise with times, but for a clock that was set back: an hour is allowed for; so an old time is not looked for from today on
  AND (@Since::timestamptz IS NULL OR id >= coalesce((SELECT b.id FROM healing.audit_log b WHERE b.at < @Since::timestamptz - interval '1 hour' ORDER BY b.at DESC LIMIT 1), 0))
  AND (@Until::timestamptz IS NULL OR id <= coalesce((SELECT b.id FROM healing.audit_log b WHERE b.at >= @Until::timestamptz + interval '1 hour' ORDER BY b.at LIMIT 1), 9223372036854775807))
  AND (@Before::bigint IS NULL OR id < @Before::bigint)
ORDER BY id DESC
LIMIT least(greatest(@Limit, 1), 1001)
