-- The one run of a key that has not ended.
SELECT id, key, job, target, arguments::text AS arguments, state, requested_by, recurring_id, slot, created_at, due_at, started_at, ended_at,
    worker, executions, deferrals, token, note, error, log, trace_parent
FROM healing.job_runs WHERE key = @Key AND state IN ('pending', 'running')
