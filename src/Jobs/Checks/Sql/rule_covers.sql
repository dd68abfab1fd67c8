-- Under the path of whoever wrote the name down: whether it means this table, or one that it is a partition of. Nothing where there is no such table.
SELECT r.oid OPERATOR(pg_catalog.=) @table::pg_catalog.oid
    OR EXISTS (SELECT FROM pg_catalog.pg_partition_ancestors(@table::pg_catalog.oid::pg_catalog.regclass) a WHERE a.relid::pg_catalog.oid OPERATOR(pg_catalog.=) r.oid)
FROM (SELECT pg_catalog.to_regclass(@path)::pg_catalog.oid AS oid) r
WHERE r.oid IS NOT NULL
