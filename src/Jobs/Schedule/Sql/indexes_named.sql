-- The critical indexes that exist; a name that does not is told by the index check's own list.
SELECT i.indexrelid::bigint
FROM pg_catalog.unnest(@Names::text[]) AS n(name)
JOIN pg_catalog.pg_index i ON i.indexrelid = pg_catalog.to_regclass(n.name)
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_am a ON a.oid = c.relam AND a.amname = 'btree'
WHERE i.indisvalid AND i.indisready
