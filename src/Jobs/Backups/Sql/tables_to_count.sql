-- Every table that holds rows of its own, its name ready to be put into a query.
SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS name, c.relpersistence = 'u' AS unlogged, c.oid::bigint AS oid
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
ORDER BY 1
