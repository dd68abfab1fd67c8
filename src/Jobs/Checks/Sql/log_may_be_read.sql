-- The server's current log, where it keeps one itself and this role may read it.
SELECT CASE WHEN pg_catalog.has_function_privilege('pg_catalog.pg_current_logfile()', 'EXECUTE')
             AND pg_catalog.has_function_privilege('pg_catalog.pg_read_binary_file(text,bigint,bigint,boolean)', 'EXECUTE')
             AND pg_catalog.has_function_privilege('pg_catalog.pg_stat_file(text,boolean)', 'EXECUTE') THEN 'yes' END
