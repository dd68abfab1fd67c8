-- Which relation each file of this database belongs to, so that a damaged page is told by the name of what it is in.
SELECT pg_catalog.pg_relation_filepath(c.oid) AS path, pg_catalog.format('%I.%I', n.nspname, c.relname) AS relation, c.oid::bigint AS oid, c.relkind = 'i' AS is_index
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE pg_catalog.pg_relation_filepath(c.oid) IS NOT NULL
