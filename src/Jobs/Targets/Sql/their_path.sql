-- what this role's sessions see in this database when they do not ask for anything else: of role and database, of the role, of the database, of all
SELECT pg_catalog.set_config('search_path', coalesce(
    (SELECT pg_catalog.substr(said, 13)
     FROM pg_catalog.pg_db_role_setting s CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) AS said
     WHERE said LIKE 'search\_path=%'
       AND s.setdatabase IN (0, (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()))
       AND s.setrole IN (0, (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = current_user))
     ORDER BY s.setrole = 0, s.setdatabase = 0 LIMIT 1),
    '"$user", public'), false)
