-- Rows as they stand, with their values as quarantine keeps them and how long ago they were written; in no other order than that of the places.
-- A frozen row keeps the number of who wrote it: where the server has begun its numbers anew it may be of a round before, and tells no age.
SELECT t.ctid::text AS place, CASE WHEN n.round = 0 AND pg_catalog.age(t.xmin) >= 0 AND pg_catalog.age(t.xmin) < 2147483647 THEN pg_catalog.age(t.xmin)::bigint END AS age, {1}::text AS said
FROM ONLY {0} t
CROSS JOIN (SELECT pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::bigint >> 32 AS round OFFSET 0) AS n
WHERE t.ctid OPERATOR(pg_catalog.=) ANY (@places::text[]::tid[])
