-- What runs now, and in which process.
SELECT id, key, job, target, split_part(worker, '/', 1) AS worker, started_at, lease_until, executions
FROM healing.job_runs WHERE state = 'running' ORDER BY id LIMIT 1000
