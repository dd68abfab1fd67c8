-- somebody else's schema of that name might hold a trigger that runs with our rights
SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_roles r ON r.oid = n.nspowner WHERE n.nspname = 'healing_failover' AND r.rolname <> current_user)
