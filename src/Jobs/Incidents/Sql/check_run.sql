-- The last run of each check and when it last really looked; finding damage is a look as well. One that waited on disk counts as of then.
INSERT INTO healing.check_runs (target_id, check_name, object, status, reason, seconds, at, last_success_at)
SELECT @Target, @Check, @Object, @Status, @Reason::text, @Seconds, s.at, CASE WHEN @Status IN ('clean', 'damaged') THEN s.at END
FROM (SELECT least(clock_timestamp(), coalesce(@SeenAt::timestamptz, clock_timestamp())) AS at) s
ON CONFLICT (target_id, check_name, object) DO UPDATE
SET status = CASE WHEN excluded.at >= check_runs.at THEN excluded.status ELSE check_runs.status END,
    reason = CASE WHEN excluded.at >= check_runs.at THEN excluded.reason ELSE check_runs.reason END,
    seconds = CASE WHEN excluded.at >= check_runs.at THEN excluded.seconds ELSE check_runs.seconds END,
    at = greatest(excluded.at, check_runs.at),
    last_success_at = greatest(excluded.last_success_at, check_runs.last_success_at)
