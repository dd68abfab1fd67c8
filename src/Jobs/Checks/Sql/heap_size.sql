-- How many pages a table has now, and where its file is; no row when it is gone.
SELECT s.bytes / 8192 AS blocks, pg_catalog.pg_relation_filepath(c.oid) AS path
FROM pg_catalog.pg_class c
CROSS JOIN LATERAL (SELECT pg_catalog.pg_relation_size(c.oid) AS bytes OFFSET 0) s
WHERE c.oid = @oid::bigint::oid AND s.bytes IS NOT NULL
