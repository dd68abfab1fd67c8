-- One statement for all runs of a process, however many there are.
UPDATE healing.job_runs SET lease_until = clock_timestamp() + @Lease
WHERE worker = @Worker AND state = 'running'
RETURNING id AS run, token, cancel_asked AS CancelAsked
