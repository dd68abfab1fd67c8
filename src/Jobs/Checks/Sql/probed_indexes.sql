-- Every index whose entries can be compared with its table, with where both are kept and which rows it must hold.
SELECT c.oid::bigint AS oid,
       pg_catalog.format('%I.%I', n.nspname, c.relname) AS quoted,
       t.oid::bigint AS table_oid,
       pg_catalog.format('%I.%I', tn.nspname, t.relname) AS table_quoted,
       a.amname::text AS method,
       pg_catalog.pg_relation_filepath(c.oid) AS path,
       pg_catalog.pg_relation_filepath(t.oid) AS table_path,
       pg_catalog.pg_get_expr(i.indpred, i.indrelid) AS predicate,
       pg_catalog.pg_get_indexdef(c.oid, 1, false) AS first_key,
       i.indisexclusion AS is_exclusion,
       u.functions AS calls_functions,
       u.foreign_owner,
       (SELECT pg_catalog.array_agg(x.attname::text ORDER BY x.attnum) FROM pg_catalog.pg_attribute x WHERE x.attrelid = c.oid) AS key_names,
       (SELECT pg_catalog.array_agg(x.atttypid::pg_catalog.regtype::text ORDER BY x.attnum) FROM pg_catalog.pg_attribute x WHERE x.attrelid = c.oid) AS key_types,
       (SELECT pg_catalog.array_agg(x.attlen::int ORDER BY x.attnum) FROM pg_catalog.pg_attribute x WHERE x.attrelid = c.oid) AS key_lengths,
       (SELECT pg_catalog.array_agg(x.attalign::text ORDER BY x.attnum) FROM pg_catalog.pg_attribute x WHERE x.attrelid = c.oid) AS key_alignments
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
JOIN pg_catalog.pg_am a ON a.oid = c.relam
JOIN pg_catalog.pg_am ta ON ta.oid = t.relam AND ta.amname = 'heap'
CROSS JOIN LATERAL (
    -- functions of people that the key or the predicate calls, the extensions' apart
    SELECT pg_catalog.count(*) > 0 AS functions,
           pg_catalog.min(pg_catalog.quote_ident(w.rolname)) FILTER (WHERE NOT w.rolsuper AND w.rolname <> current_user AND s.rolsuper) AS foreign_owner
    FROM (
        SELECT d.refobjid AS oid FROM pg_catalog.pg_depend d
        WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
        UNION ALL
        SELECT o.oprcode FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_operator o ON o.oid = d.refobjid
        WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.refclassid = 'pg_catalog.pg_operator'::pg_catalog.regclass
    ) used
    JOIN pg_catalog.pg_proc f ON f.oid = used.oid
    JOIN pg_catalog.pg_roles w ON w.oid = f.proowner
    CROSS JOIN (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = current_user) s
    WHERE f.oid >= 16384
) u
WHERE c.relkind = 'i' AND i.indisvalid AND i.indisready AND i.indislive
  AND c.relpersistence = 'p' AND t.relkind = 'r'
  AND t.oid >= 16384
  AND (@indexes::bigint[] IS NULL OR c.oid::bigint = ANY (@indexes::bigint[]))
  AND (@table::bigint IS NULL OR t.oid = @table::bigint::oid)
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = c.oid)
ORDER BY t.relpages DESC, t.oid, c.oid
