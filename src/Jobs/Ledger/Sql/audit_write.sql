-- One deed; always in the transaction of the deed itself.
INSERT INTO healing.audit_log (event_type, severity, message, metadata, actor, target_id, incident_id)
VALUES (@EventType, @Severity, @Message, @Metadata::jsonb, @Actor, @TargetId::bigint, @IncidentId::bigint)
