-- Whether this role may copy the server while it runs: over a replication connection, or by the functions of an online backup.
SELECT r.rolsuper OR r.rolreplication OR EXISTS (
  SELECT FROM pg_catalog.pg_proc p
  WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proname IN ('pg_backup_start', 'pg_start_backup') AND pg_catalog.has_function_privilege(p.oid, 'EXECUTE'))
FROM pg_catalog.pg_roles r
WHERE r.rolname = current_user
