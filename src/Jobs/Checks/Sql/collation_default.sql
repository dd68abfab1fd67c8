-- The database's own order: what was recorded when it was made or refreshed, and what the system provides now (15 and later).
SELECT d.datcollversion, pg_catalog.pg_database_collation_actual_version(d.oid)
FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()
