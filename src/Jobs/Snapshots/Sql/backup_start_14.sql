-- The same by its name up to PostgreSQL 14; not exclusive, so that it ends with this session.
SELECT pg_catalog.pg_walfile_name(pg_catalog.pg_start_backup(@label, true, false))
