-- what became of it, asked by another session
SELECT pg_catalog.pg_xact_status(@transaction::pg_catalog.xid8)
