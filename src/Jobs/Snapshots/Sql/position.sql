-- How far the WAL had been written when the copy began.
SELECT pg_catalog.pg_current_wal_flush_lsn()::text
