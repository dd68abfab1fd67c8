-- A collation and the versions of it, recorded and present; no row for what is not a collation of its own (the database's default).
SELECT c.oid::bigint AS oid, pg_catalog.format('ALTER COLLATION %I.%I REFRESH VERSION', n.nspname, c.collname) AS refresh,
       c.collversion AS recorded, pg_catalog.pg_collation_actual_version(c.oid) AS present, false AS is_default
FROM pg_catalog.pg_collation c JOIN pg_catalog.pg_namespace n ON n.oid = c.collnamespace
WHERE pg_catalog.format('%I.%I', n.nspname, c.collname) = @quoted AND c.collprovider <> 'd'
