-- What refers to a table by foreign keys and would be removed, changed or in the way: for each the leaf tables that hold rows. Keys of
-- partitioned tables are taken once, where they were declared; columns of partitions have the names of their parents' columns.
SELECT k.oid::bigint AS oid, pg_catalog.quote_ident(k.conname) AS name, k.confdeltype::text AS on_delete, k.confupdtype::text AS on_update,
       leaf.oid::bigint AS leaf, pg_catalog.format('%I.%I', ln.nspname, leaf.relname) AS quoted,
       ARRAY(SELECT pg_catalog.format('p.%I OPERATOR(%I.%s) t.%I', pa.attname, onsp.nspname, o.oprname, ra.attname)
             FROM unnest(k.conkey, k.confkey, k.conpfeqop) WITH ORDINALITY AS x (n, f, op, i)
             JOIN pg_catalog.pg_attribute ra ON ra.attrelid = k.conrelid AND ra.attnum = x.n
             JOIN pg_catalog.pg_attribute pa ON pa.attrelid = k.confrelid AND pa.attnum = x.f
             JOIN pg_catalog.pg_operator o ON o.oid = x.op JOIN pg_catalog.pg_namespace onsp ON onsp.oid = o.oprnamespace ORDER BY x.i) AS conditions,
       ARRAY(SELECT ra.attname::text FROM pg_catalog.unnest(CASE WHEN pg_catalog.cardinality(d.columns) > 0 THEN d.columns ELSE k.conkey END) WITH ORDINALITY AS x (n, i)
             JOIN pg_catalog.pg_attribute ra ON ra.attrelid = k.conrelid AND ra.attnum = x.n ORDER BY x.i) AS set_columns,
       ARRAY(SELECT pa.attname::text FROM pg_catalog.unnest(k.confkey) AS x (f)
             JOIN pg_catalog.pg_attribute pa ON pa.attrelid = k.confrelid AND pa.attnum = x.f) AS referenced,
       EXISTS (SELECT FROM pg_catalog.pg_trigger g WHERE g.tgconstraint = k.oid AND g.tgenabled IN ('D', 'R')) AS is_disabled,
       EXISTS (SELECT FROM pg_catalog.pg_index i
               JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid JOIN pg_catalog.pg_am m ON m.oid = ic.relam AND m.amname IN ('btree', 'hash')
               JOIN pg_catalog.pg_attribute la ON la.attrelid = leaf.oid AND la.attnum = i.indkey[0]
               JOIN pg_catalog.pg_attribute ra ON ra.attrelid = k.conrelid AND ra.attname = la.attname AND ra.attnum = ANY (k.conkey)
               WHERE i.indrelid = leaf.oid AND i.indisvalid AND i.indpred IS NULL) AS is_indexed
FROM pg_catalog.pg_constraint k
CROSS JOIN LATERAL (SELECT ARRAY(SELECT n::smallint FROM pg_catalog.jsonb_array_elements_text(CASE pg_catalog.jsonb_typeof(pg_catalog.to_jsonb(k) -> 'confdelsetcols')
                                                          WHEN 'array' THEN pg_catalog.to_jsonb(k) -> 'confdelsetcols' ELSE '[]' END) AS n) AS columns) AS d
JOIN pg_catalog.pg_class r ON r.oid = k.conrelid
CROSS JOIN LATERAL (SELECT t.relid::oid AS relid FROM pg_catalog.pg_partition_tree(k.conrelid) t WHERE t.isleaf AND r.relkind = 'p' UNION ALL SELECT k.conrelid WHERE r.relkind <> 'p') AS part
JOIN pg_catalog.pg_class leaf ON leaf.oid = part.relid
JOIN pg_catalog.pg_namespace ln ON ln.oid = leaf.relnamespace
WHERE k.contype = 'f' AND k.conparentid = 0
  AND k.confrelid IN (SELECT @oid::oid UNION ALL SELECT a.relid::oid FROM pg_catalog.pg_partition_ancestors(@oid::oid) a)
  AND coalesce((pg_catalog.to_jsonb(k) ->> 'conenforced')::boolean, true)
ORDER BY k.oid, leaf.oid
