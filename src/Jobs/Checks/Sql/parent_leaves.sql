-- Where the rows that others point at are: in the table itself, in its partitions and, where a rule names it, in its heirs; and which indexes
-- hold an entry for each of them, so that they would still know of a row that the table has lost.
WITH RECURSIVE tree AS (
    SELECT @table::bigint::oid AS oid
    UNION
    SELECT i.inhrelid
    FROM tree
    JOIN pg_catalog.pg_inherits i ON i.inhparent = tree.oid
    JOIN pg_catalog.pg_class h ON h.oid = i.inhrelid
    WHERE h.relispartition OR @heirs
)
SELECT c.oid::bigint AS oid, pg_catalog.format('%I.%I', n.nspname, c.relname) AS quoted, c.relkind::text AS kind,
       coalesce(CASE WHEN c.relkind = 'r' THEN pg_catalog.pg_relation_size(c.oid) END, 0) > 0 AS has_pages,
       ARRAY(SELECT i.indexrelid::bigint
             FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid JOIN pg_catalog.pg_am m ON m.oid = x.relam
             WHERE i.indrelid = c.oid AND i.indisvalid AND i.indpred IS NULL AND m.amname IN ('btree', 'hash', 'gist', 'spgist')) AS witnesses
FROM tree
JOIN pg_catalog.pg_class c ON c.oid = tree.oid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind <> 'p'
ORDER BY c.oid
