-- The row stays, and with it its key; a deferral in good order is not one of the executions that a crash counts by.
UPDATE healing.job_runs
SET state = CASE WHEN cancel_asked THEN 'cancelled' ELSE 'pending' END,
    ended_at = CASE WHEN cancel_asked THEN clock_timestamp() END,
    due_at = clock_timestamp() + @Delay, note = @Why, deferrals = deferrals + 1, executions = executions - 1, worker = NULL, lease_until = NULL
WHERE id = @Run AND token = @Token AND state = 'running'
