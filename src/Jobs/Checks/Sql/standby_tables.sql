-- tables whose rows a standby has too and that show all of them to this role
SELECT c.oid::bigint AS oid, pg_catalog.format('%I.%I', n.nspname, c.relname) AS quoted,
       coalesce(pg_catalog.pg_relation_size(c.oid), 0) / pg_catalog.current_setting('block_size')::bigint AS pages
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace JOIN pg_catalog.pg_am a ON a.oid = c.relam
WHERE c.relkind IN ('r', 'm') AND a.amname = 'heap' AND c.relpersistence = 'p' AND NOT c.relrowsecurity AND c.oid >= 16384 AND c.relispopulated
  AND pg_catalog.has_table_privilege(c.oid, 'SELECT') AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
  -- not measured while somebody holds it: conditions are asked in no order but that of CASE
  AND CASE WHEN c.oid <> ALL (@held::bigint[]::oid[]) THEN pg_catalog.pg_relation_size(c.oid) > 0 END
