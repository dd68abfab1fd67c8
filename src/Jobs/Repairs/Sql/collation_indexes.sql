-- Every index whose order hangs on a collation: by its columns, by its expressions and predicate. Hash indexes know no order.
-- The default collation leaves no trace in pg_depend, so that any expression or predicate may use it.
SELECT c.oid::bigint AS oid, pg_catalog.format('%I.%I', n.nspname, c.relname) AS quoted
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_am am ON am.oid = c.relam
WHERE c.relkind = 'i' AND c.relpersistence <> 't' AND am.amname <> 'hash' AND i.indisvalid
  AND (@collation::oid = ANY (i.indcollation::oid[])
       OR EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid
                  AND d.refclassid = 'pg_catalog.pg_collation'::regclass AND d.refobjid = @collation::oid)
       OR (@is_default AND c.oid >= 16384 AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL)))
ORDER BY c.relpages, c.oid
