-- A page of runs, the newest first, by keyset.
SELECT id, key, job, target, arguments::text AS arguments, state, requested_by, recurring_id, slot, created_at, due_at, started_at, ended_at,
    worker, executions, deferrals, token, note, error, CASE WHEN @Whole THEN log END AS log, trace_parent
FROM healing.job_runs
WHERE (@Job::text IS NULL OR job = @Job::text)
  AND (@Target::text IS NULL OR target = @Target::text)
  AND (@State::text IS NULL OR state = @State::text)
  AND (@Worker::text IS NULL OR split_part(worker, '/', 1) = @Worker::text)
  AND (@Incident::bigint IS NULL OR (arguments ? 'incident' AND arguments->>'incident' = @Incident::bigint::text))
  AND (@Since::timestamptz IS NULL OR created_at >= @Since::timestamptz)
  AND (@Until::timestamptz IS NULL OR created_at < @Until::timestamptz)
  AND (@Before::bigint IS NULL OR id < @Before::bigint)
ORDER BY id DESC
LIMIT least(greatest(@Limit, 1), 1001)
