-- The sink was there and did not want it: 10 s, 20 s, 40 s ... 15 min, then never again.
UPDATE healing.alerts
SET tries = tries + 1, refusals = refusals + 1, last_error = @Error,
    due_at = clock_timestamp() + least(interval '15 minutes', interval '10 seconds' * power(2, least(refusals, 10))),
    gave_up_at = CASE WHEN refusals + 1 >= @MostRefusals THEN clock_timestamp() END
WHERE id = @Id AND delivered_at IS NULL AND gave_up_at IS NULL
RETURNING id, key, sink, incident_id, event, severity, payload::text AS payload, tries, gave_up_at IS NOT NULL AS gave_up
