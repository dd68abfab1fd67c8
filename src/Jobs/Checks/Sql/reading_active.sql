-- Whether that backend still works on a statement: its pid may be somebody else's by now, its start cannot.
SELECT EXISTS (SELECT FROM pg_catalog.pg_stat_activity a WHERE a.pid = @pid AND a.backend_start = @start AND a.state NOT LIKE 'idle%')
