-- A page of runs, the newest first, by keyset.
SELECT id, key, job, target, arguments::text AS arguments, state, requested_by, recurring_id, slot, created_at, due_at, started_at, ended_at,
    worker, executions, deferrals, token, note, error, log, trace_parent
FROM healing.job_runs
WHERE (@Job::text IS NULL OR job = @Job::text)
  AND (@Target::text IS NULL OR target = @Target::text)
  AND (@State::text IS NULL OR state = @State::text)
  AND (@Before::bigint IS NULL OR id < @Before::bigint)
ORDER BY id DESC
LIMIT least(greatest(@Limit, 1), 1000)
