-- Which of our sinks have something to do and nobody at it.
SELECT s.name FROM unnest(@Sinks) AS s (name) LEFT JOIN healing.alert_sinks a ON a.sink = s.name
WHERE (a.retry_at IS NULL OR a.retry_at <= clock_timestamp())
  AND (a.held_until IS NULL OR a.held_until <= clock_timestamp())
  AND (EXISTS (SELECT FROM healing.alerts w WHERE w.sink = s.name AND w.delivered_at IS NULL AND w.gave_up_at IS NULL AND w.due_at <= clock_timestamp())
    OR (s.name = ANY (@Standing) AND (a.told_all_at IS NULL OR a.told_all_at <= clock_timestamp() - @Resend)))
