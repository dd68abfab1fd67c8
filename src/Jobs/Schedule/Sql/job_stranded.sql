-- What the engine should have delivered by now: it may have lost it, and delivering twice is allowed.
SELECT id, key, job, target, arguments::text AS arguments, state, requested_by, recurring_id, slot, created_at, due_at, started_at, ended_at,
    worker, executions, deferrals, token, note, error, log, trace_parent
FROM healing.job_runs
WHERE (state = 'pending' AND due_at <= clock_timestamp() - @Grace)
   OR (state = 'running' AND lease_until <= clock_timestamp() - @Grace)
ORDER BY due_at
LIMIT least(greatest(@Most, 1), 1000)
