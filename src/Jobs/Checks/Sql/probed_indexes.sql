-- Every index whose entries can be compared with its table, with where both are kept and which rows it must hold.
SELECT c.oid::bigint AS oid,
       c.relname::text AS bare_name,
       pg_catalog.format('%I.%I', n.nspname, c.relname) AS quoted,
       t.oid::bigint AS table_oid,
       pg_catalog.format('%I.%I', tn.nspname, t.relname) AS table_quoted,
       a.amname::text AS method,
       pg_catalog.pg_relation_filepath(c.oid) AS path,
       pg_catalog.pg_relation_filepath(t.oid) AS table_path,
       i.indpred IS NOT NULL AS is_partial,
       pg_catalog.pg_get_expr(i.indpred, i.indrelid) AS predicate,
       pg_catalog.pg_get_indexdef(c.oid, 1, false) AS first_key,
       i.indisexclusion AS is_exclusion,
       u.functions AS calls_functions,
       u.foreign_owner,
       (SELECT pg_catalog.array_agg(x.attname::text ORDER BY x.attnum) FROM pg_catalog.pg_attribute x WHERE x.attrelid = c.oid) AS key_names,
       (SELECT pg_catalog.array_agg(x.atttypid::pg_catalog.regtype::text ORDER BY x.attnum) FROM pg_catalog.pg_attribute x WHERE x.attrelid = c.oid) AS key_types,
       (SELECT pg_catalog.array_agg(x.attlen::int ORDER BY x.attnum) FROM pg_catalog.pg_attribute x WHERE x.attrelid = c.oid) AS key_lengths,
       (SELECT pg_catalog.array_agg(x.attalign::text ORDER BY x.attnum) FROM pg_catalog.pg_attribute x WHERE x.attrelid = c.oid) AS key_alignments,
       k.keys,
       k.at_least,
       k.at_most,
       k.several_bounds,
       k.code_of,
       k.keys_of,
       k.length_of,
       k.gin_orders,
       ARRAY(SELECT pg_catalog.pg_get_indexdef(w.indexrelid, 1, false)
             FROM pg_catalog.pg_index w JOIN pg_catalog.pg_class wc ON wc.oid = w.indexrelid JOIN pg_catalog.pg_am wa ON wa.oid = wc.relam
             WHERE w.indrelid = t.oid AND wa.amname = 'btree' AND w.indisvalid AND w.indpred IS NULL AND w.indkey[0] <> 0
             ORDER BY w.indisprimary DESC, w.indisunique DESC, w.indexrelid) AS witnesses
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
CROSS JOIN LATERAL (
    -- by which of the server's own operators and functions each column of the key is compared (BRIN that keeps the least and the greatest) or hashed
    SELECT pg_catalog.array_agg(e.key ORDER BY n) AS keys,
           pg_catalog.array_agg(CASE WHEN bounds.kept THEN least.operator END ORDER BY n) AS at_least,
           pg_catalog.array_agg(CASE WHEN bounds.kept THEN most.operator END ORDER BY n) AS at_most,
           pg_catalog.array_agg(coalesce(bounds.several, false) ORDER BY n) AS several_bounds,
           coalesce(pg_catalog.min(hash.code), '(SELECT GREATEST(pg_catalog.count(*), 1)::pg_catalog.int4 FROM ' || pg_catalog.min(theirs.keys) || ' AS d)') AS code_of,
           CASE WHEN pg_catalog.bool_and(theirs.as_text) THEN pg_catalog.format('(SELECT pg_catalog.array_agg(CASE WHEN pg_catalog.octet_length(d.e::pg_catalog.text) <= 500 THEN pg_catalog.hashtext(d.e::pg_catalog.text COLLATE pg_catalog."C") END) FROM %s AS d)', pg_catalog.min(theirs.keys)) END AS keys_of,
           pg_catalog.min(theirs.length) AS length_of,
           pg_catalog.array_agg(gin.ordered ORDER BY n) AS gin_orders
    FROM pg_catalog.generate_series(1, i.indnkeyatts) n
    JOIN pg_catalog.pg_opclass o ON o.oid = i.indclass[n - 1]
    CROSS JOIN LATERAL (
        SELECT pg_catalog.concat('(', pg_catalog.pg_get_indexdef(c.oid, n, false), ')',
            (SELECT pg_catalog.format(' COLLATE %I.%I', ln.nspname, l.collname) FROM pg_catalog.pg_collation l JOIN pg_catalog.pg_namespace ln ON ln.oid = l.collnamespace WHERE l.oid = i.indcollation[n - 1])) AS key
    ) e
    CROSS JOIN LATERAL (
        SELECT pg_catalog.count(*) > 0 AS kept, pg_catalog.bool_or(p.amproc = 'pg_catalog.brin_minmax_multi_opcinfo(internal)'::pg_catalog.regprocedure::oid) AS several FROM pg_catalog.pg_amproc p
        WHERE p.amprocfamily = o.opcfamily AND p.amproclefttype = o.opcintype AND p.amprocrighttype = o.opcintype AND p.amprocnum = 1
          AND p.amproc IN ('pg_catalog.brin_minmax_opcinfo(internal)'::pg_catalog.regprocedure::oid, 'pg_catalog.brin_minmax_multi_opcinfo(internal)'::pg_catalog.regprocedure::oid)
    ) bounds
    LEFT JOIN LATERAL (
        SELECT pg_catalog.format('OPERATOR(pg_catalog.%s)', q.oprname) AS operator FROM pg_catalog.pg_amop s JOIN pg_catalog.pg_operator q ON q.oid = s.amopopr
        WHERE s.amopfamily = o.opcfamily AND s.amoplefttype = o.opcintype AND s.amoprighttype = o.opcintype AND s.amopstrategy = 4 AND q.oid < 16384
    ) least ON true
    LEFT JOIN LATERAL (
        SELECT pg_catalog.format('OPERATOR(pg_catalog.%s)', q.oprname) AS operator FROM pg_catalog.pg_amop s JOIN pg_catalog.pg_operator q ON q.oid = s.amopopr
        WHERE s.amopfamily = o.opcfamily AND s.amoplefttype = o.opcintype AND s.amoprighttype = o.opcintype AND s.amopstrategy = 2 AND q.oid < 16384
    ) most ON true
    LEFT JOIN LATERAL (
        -- some types are hashed by the function of another that is stored alike, which SQL does not convert them to
        SELECT CASE WHEN f.proargtypes[0] = o.opcintype OR f.proargtypes[0] IN ('pg_catalog.anyarray'::pg_catalog.regtype, 'pg_catalog.anyenum'::pg_catalog.regtype, 'pg_catalog.anyrange'::pg_catalog.regtype, 'pg_catalog.anymultirange'::pg_catalog.regtype)
                         THEN pg_catalog.format('pg_catalog.%I(%s)', f.proname, e.key)
                    -- the hash of a row of one column is that of the column, by the type's own operator class
                    WHEN o.opcdefault AND o.opcintype IN ('pg_catalog.bytea'::pg_catalog.regtype, 'pg_catalog.xid'::pg_catalog.regtype, 'pg_catalog.cid'::pg_catalog.regtype)
                         THEN pg_catalog.format('pg_catalog.hash_record(ROW(%s))', e.key)
                    WHEN o.opcintype = 'pg_catalog.date'::pg_catalog.regtype AND f.proname = 'hashint4' THEN pg_catalog.format(
                        'pg_catalog.hashint4(CASE %1$s WHEN ''infinity'' THEN 2147483647 WHEN ''-infinity'' THEN -2147483648 ELSE %1$s - ''2000-01-01''::pg_catalog.date END)', e.key)
                    WHEN o.opcintype = 'pg_catalog.timestamptz'::pg_catalog.regtype AND f.proname = 'timestamp_hash' THEN pg_catalog.format('pg_catalog.timestamp_hash(pg_catalog.timezone(''UTC'', %s))', e.key)
                    WHEN o.opcintype = 'pg_catalog.bool'::pg_catalog.regtype AND f.proname = 'hashchar' THEN pg_catalog.format('pg_catalog.hashchar(%s::pg_catalog.int4::pg_catalog."char")', e.key)
               END AS code
        FROM pg_catalog.pg_amproc p JOIN pg_catalog.pg_proc f ON f.oid = p.amproc
        WHERE a.amname = 'hash' AND p.amprocfamily = o.opcfamily AND p.amproclefttype = o.opcintype AND p.amprocrighttype = o.opcintype AND p.amprocnum = 1 AND f.oid < 16384
    ) hash ON true
    LEFT JOIN LATERAL (
        -- how the keys of a GIN index follow each other: by the function of its operator class, else as their type does
        SELECT CASE WHEN f.proname IN ('gin_compare_jsonb', 'gin_cmp_tslexeme') OR x.atttypid IN ('pg_catalog.uuid'::pg_catalog.regtype, 'pg_catalog.bytea'::pg_catalog.regtype) THEN 'bytes'
                    WHEN x.atttypid IN ('pg_catalog.text'::pg_catalog.regtype, 'pg_catalog.varchar'::pg_catalog.regtype) AND coalesce(f.proname, 'bttextcmp') = 'bttextcmp' AND (
                        SELECT CASE WHEN l.collprovider = 'd' THEN (SELECT pg_catalog.to_jsonb(d) ->> 'datlocprovider' IS NOT DISTINCT FROM 'b'
                                                                           OR coalesce(pg_catalog.to_jsonb(d) ->> 'datlocprovider', 'c') = 'c' AND d.datcollate IN ('C', 'POSIX', 'C.UTF-8', 'C.utf8')
                                                                    FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
                                    ELSE l.collprovider = 'b' OR l.collprovider = 'c' AND l.collcollate IN ('C', 'POSIX', 'C.UTF-8', 'C.utf8') END
                        FROM pg_catalog.pg_collation l WHERE l.oid = i.indcollation[n - 1]) THEN 'bytes'
                    WHEN x.atttypid IN ('pg_catalog.int2'::pg_catalog.regtype, 'pg_catalog.int4'::pg_catalog.regtype, 'pg_catalog.int8'::pg_catalog.regtype, 'pg_catalog.date'::pg_catalog.regtype,
                                        'pg_catalog.timestamp'::pg_catalog.regtype, 'pg_catalog.timestamptz'::pg_catalog.regtype) AND coalesce(f.proname, 'btint4cmp') = 'btint4cmp' THEN 'numbers'
               END AS ordered
        FROM pg_catalog.pg_attribute x
        LEFT JOIN pg_catalog.pg_amproc p ON p.amprocfamily = o.opcfamily AND p.amproclefttype = o.opcintype AND p.amprocrighttype = o.opcintype AND p.amprocnum = 1
        LEFT JOIN pg_catalog.pg_proc f ON f.oid = p.amproc
        WHERE a.amname = 'gin' AND x.attrelid = c.oid AND x.attnum = n
    ) gin ON true
    LEFT JOIN LATERAL (
        -- a row's keys in a GIN index, where the server's own functions take them from a column of its own and tell them apart as DISTINCT does
        SELECT pg_catalog.format(CASE WHEN g.proname = 'gin_extract_tsvector' THEN '(SELECT e.lexeme AS e FROM pg_catalog.unnest(%s) AS e)' ELSE '(SELECT DISTINCT e.e FROM pg_catalog.unnest(%s) AS e (e))' END,
                                 pg_catalog.pg_get_indexdef(c.oid, n, false)) AS keys,
               CASE WHEN g.proname = 'ginarrayextract' THEN pg_catalog.format('pg_catalog.cardinality(%s)', pg_catalog.pg_get_indexdef(c.oid, n, false)) END AS length,
               x.atttypid IN ('pg_catalog.text'::pg_catalog.regtype, 'pg_catalog.varchar'::pg_catalog.regtype, 'pg_catalog.int2'::pg_catalog.regtype, 'pg_catalog.int4'::pg_catalog.regtype, 'pg_catalog.int8'::pg_catalog.regtype) AS as_text
        FROM pg_catalog.pg_attribute x
        JOIN pg_catalog.pg_amproc q ON q.amprocfamily = o.opcfamily AND q.amproclefttype = o.opcintype AND q.amprocrighttype = o.opcintype AND q.amprocnum = 2
        JOIN pg_catalog.pg_proc g ON g.oid = q.amproc
        LEFT JOIN pg_catalog.pg_amproc p ON p.amprocfamily = o.opcfamily AND p.amproclefttype = o.opcintype AND p.amprocrighttype = o.opcintype AND p.amprocnum = 1
        LEFT JOIN pg_catalog.pg_proc f ON f.oid = p.amproc
        WHERE a.amname = 'gin' AND x.attrelid = c.oid AND x.attnum = n AND i.indnatts = 1 AND i.indkey[0] <> 0
          AND x.atttypid < 16384 AND g.oid < 16384 AND coalesce(f.oid, 0) < 16384
          AND (g.proname = 'ginarrayextract' AND coalesce(f.proname, 'btint4cmp') = 'btint4cmp' OR g.proname = 'gin_extract_tsvector' AND f.proname = 'gin_cmp_tslexeme')
          AND NOT EXISTS (SELECT FROM pg_catalog.pg_collation l JOIN pg_catalog.pg_attribute v ON v.attrelid = i.indrelid AND v.attnum = i.indkey[0]
                          WHERE l.oid IN (i.indcollation[0], v.attcollation) AND NOT l.collisdeterministic)
    ) theirs ON true
) k
WHERE c.relkind = 'i' AND i.indisvalid AND i.indisready AND i.indislive
  AND c.relpersistence = 'p' AND t.relkind = 'r' AND i.indrelid <> ALL (@held::bigint[]::oid[])
  AND t.oid >= 16384
  AND (@indexes::bigint[] IS NULL OR c.oid = ANY (@indexes::bigint[]::oid[]))
  AND (@table::bigint IS NULL OR t.oid = @table::bigint::oid)
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = c.oid)
ORDER BY t.relpages DESC, t.oid, c.oid
