-- The same again, as a run of its own, once a key; what waits or runs already is left.
INSERT INTO healing.job_runs (key, job, target, arguments, requested_by, recurring_id, created_at, due_at, trace_parent)
SELECT DISTINCT ON (r.key) r.key, r.job, r.target, r.arguments, @Actor, r.recurring_id, clock_timestamp(), clock_timestamp(), r.trace_parent
FROM healing.job_runs r
WHERE r.id = ANY (@Runs) AND r.state IN ('succeeded', 'failed', 'cancelled')
ORDER BY r.key, r.id DESC
ON CONFLICT DO NOTHING
RETURNING id, key, job, target, arguments::text AS arguments, state, requested_by, recurring_id, slot, created_at, due_at, started_at, ended_at,
    worker, executions, deferrals, token, note, error, log, trace_parent
