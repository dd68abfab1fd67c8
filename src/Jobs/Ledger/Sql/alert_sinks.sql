-- How each sink is doing that has work or ever had.
SELECT s.name AS sink, coalesce(a.failures, 0) AS failures, a.retry_at, a.last_error, a.last_sent_at,
    (SELECT count(*) FROM healing.alerts w WHERE w.sink = s.name AND w.delivered_at IS NULL AND w.gave_up_at IS NULL) AS waiting,
    (SELECT min(w.created_at) FROM healing.alerts w WHERE w.sink = s.name AND w.delivered_at IS NULL AND w.gave_up_at IS NULL) AS waiting_since
FROM unnest(@Sinks) WITH ORDINALITY AS s (name, place) LEFT JOIN healing.alert_sinks a ON a.sink = s.name
ORDER BY s.place
