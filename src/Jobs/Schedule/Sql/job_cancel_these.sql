-- What has not begun ends here; what runs is told at its next heartbeat.
UPDATE healing.job_runs
SET cancel_asked = true,
    state = CASE WHEN state = 'pending' THEN 'cancelled' ELSE state END,
    ended_at = CASE WHEN state = 'pending' THEN clock_timestamp() END
WHERE id = ANY (@Runs) AND state IN ('pending', 'running')
RETURNING id, key, job, target, arguments::text AS arguments, state, requested_by, recurring_id, slot, created_at, due_at, started_at, ended_at,
    worker, executions, deferrals, token, note, error, log, trace_parent
