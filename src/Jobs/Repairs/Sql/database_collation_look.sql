-- The database's default collation (PostgreSQL 15 and later keep a version of it).
SELECT 100::bigint AS oid, pg_catalog.format('ALTER DATABASE %I REFRESH COLLATION VERSION', d.datname) AS refresh,
       d.datcollversion AS recorded, pg_catalog.pg_database_collation_actual_version(d.oid) AS present, true AS is_default
FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()
