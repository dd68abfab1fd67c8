-- 10 s, 20 s, 40 s ... 5 min, or as long as it asks for itself.
UPDATE healing.alert_sinks
SET holder = NULL, held_until = NULL, failures = failures + 1, last_error = @Error,
    retry_at = clock_timestamp() + least(interval '5 minutes', coalesce(@After::interval, interval '10 seconds' * power(2, least(failures, 10))))
WHERE sink = @Sink AND holder = @Holder
RETURNING failures
