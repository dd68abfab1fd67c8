-- The first to come has the key; one whose time is over, or whose process died with nothing done, gives it up.
INSERT INTO healing.answers (visitor, key, request_sha256, at)
VALUES (@Visitor, @Key, @Request, clock_timestamp())
ON CONFLICT (visitor, key) DO UPDATE
SET request_sha256 = excluded.request_sha256, at = excluded.at, status = NULL, content_type = NULL, body = NULL
WHERE answers.at < clock_timestamp() - @Kept
   OR (answers.status IS NULL AND answers.body IS NULL AND answers.request_sha256 = excluded.request_sha256 AND answers.at < clock_timestamp() - @Abandoned)
