-- Tables that can be counted, each with its smallest index that can be counted without looking at the table, and whether our role sees all of its rows.
SELECT DISTINCT ON (t.oid) t.oid::bigint AS oid, pg_catalog.format('%I.%I', n.nspname, t.relname) AS quoted, greatest(t.relpages, 0)::bigint AS pages,
       (SELECT pg_catalog.quote_ident(c.attname) FROM pg_catalog.pg_attribute c WHERE c.attrelid = t.oid AND c.attnum = i.indkey[0]) AS "FirstColumn",
       coalesce(pg_catalog.has_table_privilege(t.oid, 'SELECT') AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND NOT pg_catalog.row_security_active(t.oid), true) AS may
FROM pg_catalog.pg_class t
JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
JOIN pg_catalog.pg_index i ON i.indrelid = t.oid
JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
JOIN pg_catalog.pg_am a ON a.oid = x.relam
JOIN pg_catalog.pg_am h ON h.oid = t.relam
WHERE t.relkind IN ('r', 'm') AND t.relispopulated AND h.amname = 'heap' AND t.oid >= 16384 AND t.relpersistence <> 't'
  AND NOT (t.relpersistence = 'u' AND pg_catalog.pg_is_in_recovery())
  AND a.amname = 'btree' AND i.indisvalid AND i.indisready AND i.indislive AND i.indpred IS NULL AND i.indexprs IS NULL
  -- null of what is dropped at this moment
  AND pg_catalog.has_table_privilege(t.oid, 'SELECT') IS NOT NULL AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') IS NOT NULL
  AND (@table::bigint IS NULL OR t.oid = @table::bigint::oid)
ORDER BY t.oid, x.relpages, x.oid
