-- all that anybody has seen by now was logged before this
SELECT pg_catalog.pg_current_wal_insert_lsn()::text
