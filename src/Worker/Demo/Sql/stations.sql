-- The way of one incident through the house, as the audit log has it.
SELECT at, event_type, message, actor FROM healing.audit_log WHERE incident_id = @incident ORDER BY id;
