-- The same by its name up to PostgreSQL 14.
SELECT pg_catalog.pg_walfile_name(s.lsn), s.labelfile FROM pg_catalog.pg_stop_backup(false, false) s
