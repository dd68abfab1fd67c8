-- Ended runs only; the newest of a schedule and its last success stay, since they decide what is due.
DELETE FROM healing.job_runs r
WHERE r.id = ANY (@Runs) AND r.state IN ('succeeded', 'failed', 'cancelled')
  AND (r.recurring_id IS NULL OR (
        r.id <> (SELECT n.id FROM healing.job_runs n WHERE n.recurring_id = r.recurring_id ORDER BY n.created_at DESC, n.id DESC LIMIT 1)
    AND r.id IS DISTINCT FROM (SELECT s.id FROM healing.job_runs s WHERE s.recurring_id = r.recurring_id AND s.state = 'succeeded' ORDER BY s.ended_at DESC, s.id DESC LIMIT 1)))
RETURNING id, key, job, target, arguments::text AS arguments, state, requested_by, recurring_id, slot, created_at, due_at, started_at, ended_at,
    worker, executions, deferrals, token, note, error, log, trace_parent
