-- who a database is, and what our role may see of its server, asked in a session with another database of it
SELECT (SELECT c.system_identifier FROM pg_catalog.pg_control_system() c)::text,
       d.oid::bigint,
       d.datname::text,
       pg_catalog.current_setting('server_version_num')::int,
       pg_catalog.pg_is_in_recovery(),
       (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = current_user),
       current_user::text,
       pg_catalog.current_setting('data_checksums')::boolean,
       ARRAY[]::text[],
       ARRAY[]::text[],
       (SELECT s.setting FROM pg_catalog.pg_settings s WHERE s.name = 'data_directory')
FROM pg_catalog.pg_database d
WHERE d.datname = @database
