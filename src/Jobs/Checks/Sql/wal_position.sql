-- Where the server writes now.
SELECT pg_catalog.pg_current_wal_lsn()::text
