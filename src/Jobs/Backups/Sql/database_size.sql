-- A dump of it, being compressed and without indexes, is hardly ever larger.
SELECT pg_catalog.pg_database_size(d.oid) FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()
