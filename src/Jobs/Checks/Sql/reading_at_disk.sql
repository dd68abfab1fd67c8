-- Whether that backend waits for a disk.
SELECT EXISTS (SELECT FROM pg_catalog.pg_stat_activity a WHERE a.pid = @pid AND a.backend_start = @start AND a.wait_event_type = 'IO')
