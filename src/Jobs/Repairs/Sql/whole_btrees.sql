-- The indexes of a table that serve, and whether each is a B-tree.
SELECT i.indexrelid::bigint AS "Oid", pg_catalog.format('%I.%I', n.nspname, c.relname) AS "Quoted", a.amname = 'btree' AS "IsBtree"
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_am a ON a.oid = c.relam
WHERE i.indrelid = @oid::bigint::oid AND i.indisvalid AND i.indisready AND i.indislive AND c.relkind = 'i'
ORDER BY i.indisprimary DESC, i.indisunique DESC, c.oid
