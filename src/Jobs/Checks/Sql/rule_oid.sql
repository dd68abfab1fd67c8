-- Under the path of whoever wrote the name down.
SELECT pg_catalog.to_regclass(@path)::oid::bigint
