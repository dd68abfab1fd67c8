-- Tables whose rows a standby has too, and whether they show all of them to this role, there as here.
SELECT c.oid::bigint AS oid, pg_catalog.format('%I.%I', n.nspname, c.relname) AS quoted,
       coalesce(pg_catalog.pg_relation_size(c.oid), 0) / pg_catalog.current_setting('block_size')::bigint AS pages,
       coalesce(pg_catalog.has_table_privilege(c.oid, 'SELECT') AND pg_catalog.has_schema_privilege(n.oid, 'USAGE'), true) AND NOT c.relrowsecurity AS may
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace JOIN pg_catalog.pg_am a ON a.oid = c.relam
WHERE c.relkind IN ('r', 'm') AND a.amname = 'heap' AND c.relpersistence = 'p' AND c.oid >= 16384 AND c.relispopulated
  -- null of what is dropped at this moment
  AND pg_catalog.has_table_privilege(c.oid, 'SELECT') IS NOT NULL AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') IS NOT NULL
  -- not measured while somebody holds it: conditions are asked in no order but that of CASE
  AND CASE WHEN c.oid <> ALL (@held::bigint[]::oid[]) THEN pg_catalog.pg_relation_size(c.oid) > 0 END
