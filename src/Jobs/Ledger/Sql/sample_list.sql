-- What was kept, the oldest first, a page at a time.
SELECT id, at, role, name, body::text AS body FROM healing.samples
WHERE id > @After AND (@Since::timestamptz IS NULL OR at >= @Since::timestamptz) AND (@Until::timestamptz IS NULL OR at < @Until::timestamptz)
  AND (@Name::text IS NULL OR name = @Name::text AND role = 'target')
ORDER BY id LIMIT @Limit
