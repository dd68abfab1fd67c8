-- Ends exactly the backend that the ledger names: its pid may be somebody else's by now, its start cannot.
SELECT pg_catalog.pg_terminate_backend(a.pid) FROM pg_catalog.pg_stat_activity a WHERE a.pid = @pid AND a.backend_start = @start
