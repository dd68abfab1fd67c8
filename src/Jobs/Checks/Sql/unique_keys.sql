-- Every unique B-tree with the query that groups its table by its key, by the equality of the index's own operator classes.
-- OFFSET keeps the server from drawing conclusions out of the keys that are doubted. With it the query for every row of such a group. What is not a default operator class is sorted and compared with its neighbour, since GROUP BY knows the default equality only.
SELECT c.oid::bigint AS oid,
       pg_catalog.format('%I.%I', n.nspname, c.relname) AS quoted,
       t.oid::bigint AS table_oid,
       pg_catalog.format('%I.%I', tn.nspname, t.relname) AS table_quoted,
       u.functions AS calls_functions,
       u.foreign_owner,
       k.columns AS key_columns,
       y.referenced_by,
       CASE WHEN k.usual
            THEN pg_catalog.format('SELECT pg_catalog.count(*)::bigint, pg_catalog.min(healing_t)::text, pg_catalog.max(healing_t)::text, ROW(%s)::text FROM (%s) healing_s %s GROUP BY %s HAVING pg_catalog.count(*) > 1 LIMIT %s',
                                   k.names, r.rows, f.nulls, k.names, @most::int)
            ELSE pg_catalog.format('SELECT 2::bigint, least(healing_p, healing_t)::text, greatest(healing_p, healing_t)::text, ROW(%s)::text FROM (SELECT healing_t, %s, pg_catalog.lag(healing_t) OVER healing_w AS healing_p, %s FROM (%s) healing_s %s WINDOW healing_w AS (ORDER BY %s)) healing_d WHERE healing_p IS NOT NULL AND %s LIMIT %s',
                                   k.names, k.names, k.lags, r.rows, f.nulls, k.ordering, k.equal, @most::int)
       END AS query,
       pg_catalog.format('SELECT healing_t::text, healing_g, ROW(%s)::text FROM (SELECT *, pg_catalog.count(*) OVER (PARTITION BY healing_g) AS healing_c FROM (SELECT healing_t, %s, pg_catalog.rank() OVER (ORDER BY %s) AS healing_g FROM (%s) healing_s %s) healing_r) healing_m WHERE healing_c > 1 ORDER BY healing_g, healing_t LIMIT %s',
                         k.names, k.names, k.ordering, r.rows, f.nulls, @most_rows::int) AS members
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
JOIN pg_catalog.pg_am a ON a.oid = c.relam AND a.amname = 'btree'
CROSS JOIN LATERAL (
    SELECT pg_catalog.string_agg(pg_catalog.format('%s%s AS healing_k%s', pg_catalog.pg_get_indexdef(i.indexrelid, p.n, false),
                                     (SELECT pg_catalog.format(' COLLATE %I.%I', ln.nspname, l.collname) FROM pg_catalog.pg_collation l
                                      JOIN pg_catalog.pg_namespace ln ON ln.oid = l.collnamespace WHERE l.oid = i.indcollation[p.n - 1]), p.n), ', ' ORDER BY p.n) AS expressions,
           pg_catalog.array_agg(pg_catalog.pg_get_indexdef(i.indexrelid, p.n, false) ORDER BY p.n) AS columns,
           pg_catalog.string_agg(pg_catalog.format('healing_k%s', p.n), ', ' ORDER BY p.n) AS names,
           pg_catalog.string_agg(pg_catalog.format('healing_k%s IS DISTINCT FROM NULL', p.n), ' AND ' ORDER BY p.n) AS not_null,
           pg_catalog.string_agg(pg_catalog.format('pg_catalog.lag(healing_k%s) OVER healing_w AS healing_p%s', p.n, p.n), ', ' ORDER BY p.n) AS lags,
           pg_catalog.string_agg(pg_catalog.format('healing_k%s USING OPERATOR(%I.%s)', p.n, lo.nspname, lo.oprname), ', ' ORDER BY p.n) AS ordering,
           pg_catalog.string_agg(pg_catalog.format('(healing_k%s OPERATOR(%I.%s) healing_p%s OR (healing_k%s IS NOT DISTINCT FROM NULL AND healing_p%s IS NOT DISTINCT FROM NULL))', p.n, eq.nspname, eq.oprname, p.n, p.n, p.n), ' AND ' ORDER BY p.n) AS equal,
           pg_catalog.bool_and(EXISTS (SELECT FROM pg_catalog.pg_opclass d WHERE d.opcfamily = o.opcfamily AND d.opcmethod = o.opcmethod AND d.opcintype = o.opcintype AND d.opcdefault)) AS usual
    FROM pg_catalog.generate_series(1, i.indnkeyatts::int) AS p(n)
    JOIN pg_catalog.pg_opclass o ON o.oid = i.indclass[p.n - 1]
    JOIN LATERAL (SELECT s.nspname, x.oprname FROM pg_catalog.pg_amop m JOIN pg_catalog.pg_operator x ON x.oid = m.amopopr JOIN pg_catalog.pg_namespace s ON s.oid = x.oprnamespace
                  WHERE m.amopfamily = o.opcfamily AND m.amoplefttype = o.opcintype AND m.amoprighttype = o.opcintype AND m.amopstrategy = 1) lo ON true
    JOIN LATERAL (SELECT s.nspname, x.oprname FROM pg_catalog.pg_amop m JOIN pg_catalog.pg_operator x ON x.oid = m.amopopr JOIN pg_catalog.pg_namespace s ON s.oid = x.oprnamespace
                  WHERE m.amopfamily = o.opcfamily AND m.amoplefttype = o.opcintype AND m.amoprighttype = o.opcintype AND m.amopstrategy = 3) eq ON true
) k
LEFT JOIN (
    SELECT f.conindid, pg_catalog.array_agg(pg_catalog.format('%s on %s', pg_catalog.quote_ident(f.conname), f.conrelid::pg_catalog.regclass) ORDER BY f.oid) AS referenced_by
    FROM pg_catalog.pg_constraint f WHERE f.contype = 'f' GROUP BY f.conindid) y ON y.conindid = c.oid
CROSS JOIN LATERAL (SELECT ' WHERE ' || pg_catalog.pg_get_expr(i.indpred, i.indrelid) AS predicate OFFSET 0) w
CROSS JOIN LATERAL (SELECT pg_catalog.format('SELECT ctid AS healing_t, %s FROM ONLY %I.%I%s OFFSET 0', k.expressions, tn.nspname, t.relname, w.predicate) AS rows, w.predicate) r
CROSS JOIN LATERAL (SELECT CASE WHEN pg_catalog.to_jsonb(i) ->> 'indnullsnotdistinct' = 'true' THEN '' ELSE 'WHERE ' || k.not_null END AS nulls) f
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
WHERE c.relkind = 'i' AND i.indisunique AND i.indisvalid AND i.indisready AND i.indislive
  AND c.relpersistence <> 't' AND i.indrelid <> ALL (@held::bigint[]::oid[])
  AND t.relkind IN ('r', 'm') AND t.relispopulated
  -- what is dropped at this moment has no definition any more
  AND pg_catalog.array_position(k.columns, NULL) IS NULL AND (i.indpred IS NULL OR r.predicate IS NOT NULL)
  AND NOT (c.relpersistence = 'u' AND pg_catalog.pg_is_in_recovery())
  AND (@indexes::bigint[] IS NULL OR c.oid = ANY (@indexes::bigint[]::oid[]))
  AND (@table::bigint IS NULL OR t.oid = @table::bigint::oid)
ORDER BY t.relpages DESC, c.oid
