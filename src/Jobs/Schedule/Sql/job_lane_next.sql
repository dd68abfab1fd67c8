-- The one that has waited longest.
SELECT id
FROM healing.job_runs
WHERE job = @Job AND target IS NOT DISTINCT FROM @Target AND state = 'pending' AND due_at <= clock_timestamp() AND NOT cancel_asked
ORDER BY id
LIMIT 1
