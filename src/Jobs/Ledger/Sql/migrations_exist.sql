-- Whether any migrator has been here.
SELECT pg_catalog.to_regclass('healing.schema_migrations') IS NOT NULL
