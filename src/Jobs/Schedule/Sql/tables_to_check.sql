-- Everything that has a B-tree, itself or by its TOAST table: tables, materialised views, catalogues; the large ones first, since they take longest.
SELECT c.oid::bigint AS oid, pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) AS quoted
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't' AND EXISTS (
    SELECT 1 FROM pg_catalog.pg_index i
    JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
    JOIN pg_catalog.pg_am a ON a.oid = x.relam AND a.amname = 'btree'
    WHERE i.indrelid IN (c.oid, c.reltoastrelid) AND i.indisvalid AND i.indisready)
ORDER BY c.relpages DESC, c.oid
