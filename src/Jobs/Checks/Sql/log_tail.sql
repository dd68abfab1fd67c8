-- The end of the current log, as bytes: its encoding may be any.
SELECT pg_catalog.pg_read_binary_file(l.path, greatest(0, (pg_catalog.pg_stat_file(l.path, true)).size - @most::bigint), @most::bigint, true)
FROM (SELECT pg_catalog.pg_current_logfile() AS path) l
WHERE l.path IS NOT NULL
