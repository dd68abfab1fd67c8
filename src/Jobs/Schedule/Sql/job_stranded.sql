-- What the engine should have delivered by now: it may have lost it, and delivering twice is allowed.
-- What waits in a lane where others are at work is not lost: whoever ends takes it up.
SELECT id, key, job, target, arguments::text AS arguments, state, requested_by, recurring_id, slot, created_at, due_at, started_at, ended_at,
    worker, executions, deferrals, token, note, error, log, trace_parent
FROM healing.job_runs r
WHERE (state = 'pending' AND due_at <= clock_timestamp() - @Grace
       AND (@Width = 0 OR job <> ALL (@Lanes)
         OR (SELECT count(*) FROM healing.job_runs o
             WHERE o.job = r.job AND o.target IS NOT DISTINCT FROM r.target AND o.state = 'running' AND o.lease_until > clock_timestamp()) < @Width))
   OR (state = 'running' AND lease_until <= clock_timestamp() - @Grace)
ORDER BY due_at
LIMIT least(greatest(@Most, 1), 1000)
