-- Where the rows of a table really are: in itself, or in the leaves of its partitions. OFFSET keeps the server, which expects a thousand leaves, from reading the whole catalogue for one.
SELECT c.oid::bigint AS oid, pg_catalog.format('%I.%I', n.nspname, c.relname) AS quoted, c.relkind::text AS kind,
       coalesce(CASE WHEN c.relkind IN ('r', 'm') THEN pg_catalog.pg_relation_size(c.oid) / pg_catalog.current_setting('block_size')::bigint END, 0) AS pages
FROM (SELECT @table::bigint::oid AS oid WHERE (SELECT r.relkind FROM pg_catalog.pg_class r WHERE r.oid = @table::bigint::oid) <> 'p'
      UNION ALL
      SELECT t.relid::oid FROM pg_catalog.pg_partition_tree(@table::bigint::oid) t WHERE t.isleaf
        AND (SELECT r.relkind FROM pg_catalog.pg_class r WHERE r.oid = @table::bigint::oid) = 'p') l
CROSS JOIN LATERAL (SELECT r.oid, r.relname, r.relkind, r.relnamespace FROM pg_catalog.pg_class r WHERE r.oid = l.oid OFFSET 0) c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind <> 'p'
ORDER BY c.oid
