-- The tablespaces that lie outside of the data directory.
SELECT t.oid, pg_catalog.pg_tablespace_location(t.oid)
FROM pg_catalog.pg_tablespace t
WHERE pg_catalog.pg_tablespace_location(t.oid) <> ''
ORDER BY t.oid
