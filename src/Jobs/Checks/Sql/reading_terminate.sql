-- Ends exactly that backend.
SELECT pg_catalog.pg_terminate_backend(a.pid) FROM pg_catalog.pg_stat_activity a WHERE a.pid = @pid AND a.backend_start = @start
