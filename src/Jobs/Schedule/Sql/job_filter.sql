-- Which runs a list shows, or an order is for.
(@Job::text IS NULL OR job = @Job::text)
  AND (@Target::text IS NULL OR target = @Target::text)
  AND (@State::text IS NULL OR state = @State::text)
  AND (@Worker::text IS NULL OR split_part(worker, '/', 1) = @Worker::text)
  AND (@Incident::bigint IS NULL OR (arguments ? 'incident' AND arguments->>'incident' = @Incident::bigint::text))
  AND (@Since::timestamptz IS NULL OR created_at >= @Since::timestamptz)
  AND (@Until::timestamptz IS NULL OR created_at < @Until::timestamptz)
  -- numbers rise with times, but for a clock that was set back: an hour is allowed for; so an old time is not looked for from today on
  AND (@Since::timestamptz IS NULL OR id >= coalesce((SELECT b.id FROM healing.job_runs b WHERE b.created_at < @Since::timestamptz - interval '1 hour' ORDER BY b.created_at DESC LIMIT 1), 0))
  AND (@Until::timestamptz IS NULL OR id <= coalesce((SELECT b.id FROM healing.job_runs b WHERE b.created_at >= @Until::timestamptz + interval '1 hour' ORDER BY b.created_at LIMIT 1), 9223372036854775807))
