-- Ends a run that nobody holds any more; the new token shuts out a holder that wakes up.
UPDATE healing.job_runs
SET state = @State, error = coalesce(@Error::text, error), token = token + 1, ended_at = clock_timestamp(), lease_until = NULL
WHERE id = @Run
RETURNING id, key, job, target, arguments::text AS arguments, state, requested_by, recurring_id, slot, created_at, due_at, started_at, ended_at,
    worker, executions, deferrals, token, note, error, log, trace_parent
