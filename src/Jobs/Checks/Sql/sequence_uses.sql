-- The columns that draw from sequences: identity columns, and those whose default is the next value, alone or within something else.
WITH draws AS (
    SELECT d.refobjid AS sequence, f.adrelid AS relation, f.adnum AS number,
           pg_catalog.pg_get_expr(f.adbin, f.adrelid) ~ '^(\()?nextval\(''[^'']+(''''[^'']*)*''::regclass\)(\))?(::[^()]+)?$' AS is_plain
    FROM pg_catalog.pg_depend d
    JOIN pg_catalog.pg_attrdef f ON d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND f.oid = d.objid
    JOIN pg_catalog.pg_sequence s ON s.seqrelid = d.refobjid
    WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND f.adrelid <> ALL (@held::bigint[]::oid[])
    UNION
    SELECT d.objid, d.refobjid, d.refobjsubid::int2, true
    FROM pg_catalog.pg_depend d
    JOIN pg_catalog.pg_sequence s ON s.seqrelid = d.objid
    WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype = 'i' AND d.refobjid <> ALL (@held::bigint[]::oid[])
)
SELECT u.sequence::bigint AS sequence, t.oid::bigint AS TableOid,
       pg_catalog.format('%I.%I', n.nspname, t.relname) AS table,
       pg_catalog.quote_ident(a.attname) AS column,
       u.is_plain AND t.relkind IN ('r', 'p')
       AND b.base IN ('pg_catalog.int2'::pg_catalog.regtype, 'pg_catalog.int4'::pg_catalog.regtype, 'pg_catalog.int8'::pg_catalog.regtype) AS IsPlain,
       t.relispartition AS IsPartition,
       CASE b.base WHEN 'pg_catalog.int2'::pg_catalog.regtype THEN 32767 WHEN 'pg_catalog.int4'::pg_catalog.regtype THEN 2147483647 ELSE 9223372036854775807 END AS TypeMax,
       EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = t.oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL
                -- alone, but for what a partitioned table's key must have besides: numbers that begin anew with each year or customer are no duplicates
                AND a.attnum = ANY (i.indkey[0:i.indnkeyatts - 1])
                AND NOT EXISTS (SELECT FROM pg_catalog.generate_series(0, i.indnkeyatts - 1) AS x (n) WHERE i.indkey[x.n] <> a.attnum
                                AND NOT EXISTS (SELECT FROM pg_catalog.pg_partitioned_table q WHERE q.partrelid = t.oid AND i.indkey[x.n] = ANY (q.partattrs[0:q.partnatts - 1])))) AS IsKey,
       EXISTS (SELECT FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid JOIN pg_catalog.pg_am m ON m.oid = x.relam
                  WHERE i.indrelid = t.oid AND i.indkey[0] = a.attnum AND i.indisvalid AND i.indpred IS NULL AND m.amname = 'btree')
       OR coalesce(pg_catalog.pg_relation_size(t.oid), 0) <= @most::bigint AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhparent = t.oid) AS IsCheap,
       pg_catalog.has_column_privilege(t.oid, a.attnum, 'SELECT') AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
       AND NOT pg_catalog.row_security_active(t.oid) AS IsReadable,
       EXISTS (SELECT FROM pg_catalog.pg_subscription_rel r WHERE r.srrelid = t.oid) AS IsSubscribed,
       EXISTS (SELECT FROM pg_catalog.pg_stat_progress_copy p WHERE p.relid = t.oid)
       OR EXISTS (SELECT FROM pg_catalog.pg_stat_activity s WHERE s.datname = pg_catalog.current_database() AND s.application_name = 'pg_restore') AS IsBeingLoaded
FROM draws u
JOIN pg_catalog.pg_class t ON t.oid = u.relation AND t.relpersistence <> 't'
JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = u.number AND NOT a.attisdropped
JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
CROSS JOIN LATERAL (SELECT CASE WHEN y.typtype = 'd' THEN y.typbasetype ELSE y.oid END) AS b (base)
-- the parent's highest value is that of its children too
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_inherits h JOIN draws o ON o.relation = h.inhparent WHERE h.inhrelid = t.oid AND o.sequence = u.sequence)
  AND (@sequence::bigint IS NULL OR u.sequence::bigint = @sequence::bigint)
ORDER BY u.sequence, t.oid, a.attnum
