-- The sender leaves it, and it is as well as can be.
UPDATE healing.alert_sinks
SET holder = NULL, held_until = NULL, failures = 0, retry_at = NULL, last_error = NULL,
    last_sent_at = CASE WHEN @Sent THEN clock_timestamp() ELSE last_sent_at END,
    told_all_at = CASE WHEN @ToldAll THEN clock_timestamp() ELSE told_all_at END
WHERE sink = @Sink AND holder = @Holder
