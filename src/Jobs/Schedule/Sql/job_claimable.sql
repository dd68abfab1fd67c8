-- Due, or left by a holder that fell silent. A second of tolerance: the engine's clock that delivered it is not this one.
SELECT executions, cancel_asked
FROM healing.job_runs
WHERE id = @Run AND ((state = 'pending' AND due_at <= clock_timestamp() + interval '1 second')
                  OR (state = 'running' AND lease_until <= clock_timestamp()))
FOR UPDATE
