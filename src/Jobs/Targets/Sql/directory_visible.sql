-- Whether this role may ask when files of the data directory were changed.
SELECT pg_catalog.has_function_privilege('pg_catalog.pg_stat_file(text,boolean)', 'EXECUTE')
