-- Once a key and sink, however many workers come to the same conclusion.
INSERT INTO healing.alerts (key, sink, incident_id, event, severity, payload, created_at, due_at)
VALUES (@Key, @Sink, @IncidentId::bigint, @Event, @Severity, @Payload::jsonb, clock_timestamp(), clock_timestamp())
ON CONFLICT (key, sink) DO NOTHING
