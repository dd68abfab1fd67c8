-- Whether this role may ask for files outside the data directory, and where the server's libraries are.
SELECT pg_catalog.has_function_privilege('pg_catalog.pg_stat_file(text,boolean)', 'EXECUTE')
   AND pg_catalog.has_function_privilege('pg_catalog.pg_config()', 'EXECUTE')
   AND (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = current_user)
    OR pg_catalog.has_function_privilege('pg_catalog.pg_stat_file(text,boolean)', 'EXECUTE')
   AND pg_catalog.has_function_privilege('pg_catalog.pg_config()', 'EXECUTE')
   AND pg_catalog.pg_has_role('pg_read_server_files', 'USAGE')
   AND pg_catalog.pg_has_role('pg_read_all_settings', 'USAGE')
