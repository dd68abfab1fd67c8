-- Due, or left by a holder that fell silent. A second of tolerance: the engine's clock that delivered it is not this one.
-- A worker that is drained claims nothing. A job in lanes waits while as many of it as may are at work on its target.
SELECT r.executions, r.cancel_asked
FROM healing.job_runs r
WHERE r.id = @Run AND ((r.state = 'pending' AND r.due_at <= clock_timestamp() + interval '1 second')
                    OR (r.state = 'running' AND r.lease_until <= clock_timestamp()))
  AND (@Width = 0 OR r.job <> ALL (@Lanes)
    OR (SELECT count(*) FROM healing.job_runs o
        WHERE o.job = r.job AND o.target IS NOT DISTINCT FROM r.target AND o.id <> r.id AND o.state = 'running' AND o.lease_until > clock_timestamp()) < @Width)
  AND NOT EXISTS (
    SELECT 1 FROM healing.drains d
    WHERE (d.scope = 'worker' AND d.name = @Worker)
       OR (d.scope = 'host' AND d.name = (SELECT w.host FROM healing.workers w WHERE w.id = @Worker)))
FOR UPDATE OF r
