-- The runs that match and that it can be done with, the oldest first; the bound is one above what may be done at once.
SELECT id
FROM healing.job_runs
WHERE state = ANY (@States)
  AND (@Job::text IS NULL OR job = @Job::text)
  AND (@Target::text IS NULL OR target = @Target::text)
  AND (@State::text IS NULL OR state = @State::text)
  AND (@Worker::text IS NULL OR split_part(worker, '/', 1) = @Worker::text)
  AND (@Incident::bigint IS NULL OR (arguments ? 'incident' AND arguments->>'incident' = @Incident::bigint::text))
  AND (@Since::timestamptz IS NULL OR created_at >= @Since::timestamptz)
  AND (@Until::timestamptz IS NULL OR created_at < @Until::timestamptz)
ORDER BY id
LIMIT @Most
