-- Where the new file of an index will be: empty for the data directory itself.
SELECT pg_catalog.pg_tablespace_location(CASE c.reltablespace WHEN 0 THEN d.dattablespace ELSE c.reltablespace END)
FROM pg_catalog.pg_class c, pg_catalog.pg_database d
WHERE c.oid = @oid::oid AND d.datname = pg_catalog.current_database()
