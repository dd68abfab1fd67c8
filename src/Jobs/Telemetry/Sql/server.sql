-- Which server this is, and what it is doing as a whole.
SELECT pg_catalog.jsonb_build_object(
    'version_num', pg_catalog.current_setting('server_version_num')::int,
    'started_at', pg_catalog.pg_postmaster_start_time(),
    'in_recovery', pg_catalog.pg_is_in_recovery(),
    'data_checksums', pg_catalog.current_setting('data_checksums') = 'on',
    'database', pg_catalog.current_database())::text
