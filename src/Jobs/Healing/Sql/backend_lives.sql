-- Whether that backend is still there; a start that is hidden from this role might be it.
SELECT EXISTS (SELECT FROM pg_catalog.pg_stat_activity a WHERE a.pid = @pid AND coalesce(a.backend_start = @start, true))
