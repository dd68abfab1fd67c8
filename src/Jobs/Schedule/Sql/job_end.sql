-- Only the holder of the current token can end a run.
UPDATE healing.job_runs
SET state = @State, note = coalesce(@Note::text, note), error = @Error::text, log = @Log::text, ended_at = clock_timestamp(), lease_until = NULL
WHERE id = @Run AND token = @Token AND state = 'running'
