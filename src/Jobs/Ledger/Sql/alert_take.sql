-- Taken by moving the due time on: two senders never have the same alert, and a dead sender's comes due again.
UPDATE healing.alerts
SET due_at = clock_timestamp() + @Sending, tries = tries + 1
WHERE id IN (
    SELECT id FROM healing.alerts
    WHERE delivered_at IS NULL AND gave_up_at IS NULL AND due_at <= clock_timestamp()
    ORDER BY due_at LIMIT least(greatest(@Most, 1), 1000) FOR UPDATE SKIP LOCKED)
RETURNING id, key, sink, incident_id, event, severity, payload::text AS payload, tries, gave_up_at IS NOT NULL AS gave_up
