-- How much is read when these B-trees are compared with their table, each by itself. One that is gone meanwhile counts for nothing.
SELECT (coalesce(pg_catalog.pg_relation_size(@table::oid::regclass), 0) * pg_catalog.cardinality(@trees::bigint[])
        + coalesce((SELECT sum(pg_catalog.pg_relation_size(t.oid::oid::regclass)) FROM pg_catalog.unnest(@trees::bigint[]) AS t (oid)), 0))::bigint
