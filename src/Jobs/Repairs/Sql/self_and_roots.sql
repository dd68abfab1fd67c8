-- A table, and those that it is a partition of: a key of any of them is a promise about its rows.
SELECT @oid::bigint
UNION
SELECT a.relid::oid::bigint FROM pg_catalog.pg_partition_ancestors(@oid::bigint::oid) AS a
