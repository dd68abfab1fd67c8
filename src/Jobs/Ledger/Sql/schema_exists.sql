-- An administrator may have made the schema for a role that must not create any.
SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = 'healing')
