-- A page of runs, the newest first, by keyset.
SELECT id, key, job, target, arguments::text AS arguments, state, requested_by, recurring_id, slot, created_at, due_at, started_at, ended_at,
    worker, executions, deferrals, token, note, error, CASE WHEN @Whole THEN log END AS log, trace_parent
FROM healing.job_runs
WHERE
-- include: job_filter
  AND (@Before::bigint IS NULL OR id < @Before::bigint)
ORDER BY id DESC
LIMIT least(greatest(@Limit, 1), 1001)
