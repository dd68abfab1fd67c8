-- who a database is, whatever name and address it goes by, and what our role may see of it. Asked in a session with another one, its extensions are not seen
SELECT (SELECT c.system_identifier FROM pg_catalog.pg_control_system() c)::text,
       d.oid::bigint,
       d.datname::text,
       pg_catalog.current_setting('server_version_num')::int,
       pg_catalog.pg_is_in_recovery(),
       (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = current_user),
       current_user::text,
       pg_catalog.current_setting('data_checksums')::boolean,
       ARRAY(SELECT e.extname::text FROM pg_catalog.pg_extension e WHERE d.datname = pg_catalog.current_database() ORDER BY e.extname),
       ARRAY(SELECT pg_catalog.quote_ident(n.nspname) FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace WHERE d.datname = pg_catalog.current_database() ORDER BY e.extname),
       (SELECT s.setting FROM pg_catalog.pg_settings s WHERE s.name = 'data_directory'),
       pg_catalog.current_setting('block_size') = '8192' AND (SELECT s.setting FROM pg_catalog.pg_settings s WHERE s.name = 'segment_size') = '131072'
FROM pg_catalog.pg_database d
WHERE d.datname = coalesce(@database::text, pg_catalog.current_database())
