-- Ours alone until then; a holder that dies is followed by another.
INSERT INTO healing.alert_sinks AS a (sink, holder, held_until) VALUES (@Sink, @Holder, clock_timestamp() + @Hold)
ON CONFLICT (sink) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until
WHERE (a.held_until IS NULL OR a.held_until <= clock_timestamp()) AND (a.retry_at IS NULL OR a.retry_at <= clock_timestamp())
RETURNING a.told_all_at IS NULL OR a.told_all_at <= clock_timestamp() - @Resend
