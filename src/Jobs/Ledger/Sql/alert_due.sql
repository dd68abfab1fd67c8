-- The next of one sink, in the order in which they were queued; one that was refused waits by itself and lets the others pass.
SELECT id, key, sink, incident_id, event, severity, payload::text AS payload, tries, gave_up_at IS NOT NULL AS gave_up
FROM healing.alerts
WHERE sink = @Sink AND delivered_at IS NULL AND gave_up_at IS NULL AND due_at <= clock_timestamp()
ORDER BY id LIMIT least(greatest(@Most, 1), 1000)
