-- What this transaction sees, for pg_dump to see the same.
SELECT pg_catalog.pg_export_snapshot()
