-- The last run of each check and when it last really looked; finding damage is a look as well.
INSERT INTO healing.check_runs (target_id, check_name, object, status, reason, seconds, at, last_success_at)
VALUES (@Target, @Check, @Object, @Status, @Reason::text, @Seconds, clock_timestamp(),
    CASE WHEN @Status IN ('clean', 'damaged') THEN clock_timestamp() END)
ON CONFLICT (target_id, check_name, object) DO UPDATE
SET status = excluded.status, reason = excluded.reason, seconds = excluded.seconds, at = excluded.at,
    last_success_at = coalesce(excluded.last_success_at, check_runs.last_success_at)
