-- 10 s, 20 s, 40 s ... 15 min, then never again.
UPDATE healing.alerts
SET last_error = @Error,
    due_at = clock_timestamp() + least(interval '15 minutes', interval '5 seconds' * power(2, least(tries, 10))),
    gave_up_at = CASE WHEN tries >= @MostTries THEN clock_timestamp() END
WHERE id = @Id AND delivered_at IS NULL AND gave_up_at IS NULL
RETURNING id, key, sink, incident_id, event, severity, payload::text AS payload, tries, gave_up_at IS NOT NULL AS gave_up
