-- Taken for good with the transaction that queues what is made of them.
DELETE FROM healing.alert_events WHERE id IN (SELECT id FROM healing.alert_events ORDER BY id LIMIT @Most)
RETURNING id, incident_id, event, at
