-- The lease of the server is ours, so that whoever began these is no more.
UPDATE healing.backups SET state = 'failed', ended_at = clock_timestamp(), error = 'the worker died while it was made'
WHERE system_identifier = @SystemIdentifier AND state = 'running'
