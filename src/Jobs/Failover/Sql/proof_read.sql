-- from another session
SELECT pg_catalog.lo_get(@number::oid)
