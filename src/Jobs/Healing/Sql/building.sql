-- Whether that backend is in the middle of building an index.
SELECT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p WHERE p.pid = @pid)
