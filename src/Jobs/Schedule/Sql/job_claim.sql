-- Locked and looked at by then. The token makes whoever had it before powerless.
UPDATE healing.job_runs
SET state = 'running', worker = @Worker, executions = executions + 1, token = token + 1, lease_until = clock_timestamp() + @Lease, started_at = clock_timestamp()
WHERE id = @Run
RETURNING id, key, job, target, arguments::text AS arguments, state, requested_by, recurring_id, slot, created_at, due_at, started_at, ended_at,
    worker, executions, deferrals, token, note, error, log, trace_parent
