-- A B-tree always has its first page: without one, its file is gone. Null: the index is gone.
SELECT pg_catalog.pg_relation_size(@oid::bigint::oid)
