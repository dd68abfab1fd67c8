-- Foreign keys of the catalogue, or the one that a rule declares, with the comparison that the key itself makes: its operators, its casts, its collations.
WITH keys AS (
    SELECT k.oid, pg_catalog.quote_ident(k.conname) AS name, k.conrelid AS child, k.confrelid AS parent, k.conkey, k.confkey, k.conpfeqop AS operators,
           k.confmatchtype = 'f' AS match_full, k.confdeltype::text AS on_delete, k.confupdtype::text AS on_update,
           k.convalidated AND coalesce((pg_catalog.to_jsonb(k) ->> 'conenforced')::boolean, true) AS validated,
           coalesce((pg_catalog.to_jsonb(k) ->> 'conperiod')::boolean, false) AS of_period,
           -- from 15 on a key may name the columns that it sets to null
           ARRAY(SELECT e.n::int2 FROM pg_catalog.jsonb_array_elements_text(CASE WHEN pg_catalog.jsonb_typeof(pg_catalog.to_jsonb(k) -> 'confdelsetcols') = 'array'
                                                                                 THEN pg_catalog.to_jsonb(k) -> 'confdelsetcols' ELSE '[]' END) AS e (n)) AS set_numbers,
           NOT EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgconstraint = k.oid AND t.tgenabled IN ('D', 'R')) AND coalesce((pg_catalog.to_jsonb(k) ->> 'conenforced')::boolean, true) AS enforced,
           pg_catalog.pg_get_constraintdef(k.oid) AS definition
    FROM pg_catalog.pg_constraint k
    WHERE k.contype = 'f' AND k.conparentid = 0 AND k.conname !~ '^healing_twin_' AND @child::bigint IS NULL AND (@table::bigint IS NULL OR k.conrelid = @table::bigint::oid)
    UNION ALL
    SELECT NULL, NULL, @child::bigint::oid, @parent::bigint::oid, @child_columns::int[]::int2[], @parent_columns::int[]::int2[],
           (SELECT pg_catalog.array_agg(CASE WHEN f.operator IS NULL THEN 0 ELSE f.operator END ORDER BY i.i)
            FROM pg_catalog.generate_subscripts(@child_columns::int[], 1) AS i (i)
            JOIN pg_catalog.pg_attribute ca ON ca.attrelid = @child::bigint::oid AND ca.attnum = (@child_columns::int[])[i.i]
            JOIN pg_catalog.pg_attribute pa ON pa.attrelid = @parent::bigint::oid AND pa.attnum = (@parent_columns::int[])[i.i]
            JOIN pg_catalog.pg_type ct ON ct.oid = ca.atttypid
            JOIN pg_catalog.pg_type pt ON pt.oid = pa.atttypid
            CROSS JOIN LATERAL (SELECT CASE WHEN ct.typtype = 'd' THEN ct.typbasetype ELSE ct.oid END AS c, CASE WHEN pt.typtype = 'd' THEN pt.typbasetype ELSE pt.oid END AS p) AS d
            CROSS JOIN LATERAL (SELECT CASE WHEN d.c = 'pg_catalog.varchar'::pg_catalog.regtype THEN 'pg_catalog.text'::pg_catalog.regtype::oid ELSE d.c END AS c,
                                       CASE WHEN d.p = 'pg_catalog.varchar'::pg_catalog.regtype THEN 'pg_catalog.text'::pg_catalog.regtype::oid ELSE d.p END AS p) AS b
            LEFT JOIN LATERAL (
                SELECT o.amopopr AS operator
                FROM pg_catalog.pg_opclass oc
                JOIN pg_catalog.pg_am m ON m.oid = oc.opcmethod AND m.amname = 'btree'
                JOIN pg_catalog.pg_amop o ON o.amopfamily = oc.opcfamily AND o.amopstrategy = 3
                WHERE oc.opcdefault
                  AND ((oc.opcintype = b.p AND o.amoplefttype = b.p AND o.amoprighttype = b.c)
                       OR (b.p = b.c AND oc.opcintype = o.amoplefttype AND oc.opcintype = o.amoprighttype
                           AND oc.opcintype = CASE WHEN (SELECT e.typtype FROM pg_catalog.pg_type e WHERE e.oid = b.p) = 'e' THEN 'pg_catalog.anyenum'::pg_catalog.regtype::oid
                                                   WHEN (SELECT e.typtype FROM pg_catalog.pg_type e WHERE e.oid = b.p) = 'r' THEN 'pg_catalog.anyrange'::pg_catalog.regtype::oid
                                                   WHEN (SELECT e.typelem FROM pg_catalog.pg_type e WHERE e.oid = b.p) <> 0 THEN 'pg_catalog.anyarray'::pg_catalog.regtype::oid END))
                LIMIT 1) AS f ON true),
           false, 'a', 'a', true, false, '{}', false, NULL
    WHERE @child::bigint IS NOT NULL
)
SELECT k.oid::bigint AS oid, k.name, c.oid::bigint AS child, pg_catalog.format('%I.%I', cn.nspname, c.relname) AS child_quoted, c.relkind::text AS child_kind,
       p.oid::bigint AS parent, pg_catalog.format('%I.%I', pn.nspname, p.relname) AS parent_quoted, p.relkind::text AS parent_kind,
       greatest(p.relpages, 0)::bigint AS parent_pages,
       k.conkey::int[] AS child_numbers, k.confkey::int[] AS parent_numbers, s.child_columns, s.parent_columns, s.condition, s.own_cast, s.set_columns, k.enforced, k.definition,
       k.match_full, k.on_delete, k.on_update, k.validated, k.of_period,
       -- what is not there yet may come with the next row
       CASE WHEN u.behind
              OR EXISTS (SELECT FROM pg_catalog.pg_stat_progress_copy y WHERE y.command = 'COPY FROM' AND y.datname = pg_catalog.current_database()
                           AND (y.relid = p.oid OR EXISTS (SELECT FROM pg_catalog.pg_partition_ancestors(y.relid) AS a WHERE a.relid = p.oid)))
              OR EXISTS (SELECT FROM pg_catalog.pg_stat_activity s WHERE s.datname = pg_catalog.current_database() AND s.application_name = 'pg_restore')
            THEN 'its tables are being loaded' END AS loading,
       u.is_there AS is_subscribed
FROM keys k
JOIN pg_catalog.pg_class c ON c.oid = k.child
JOIN pg_catalog.pg_namespace cn ON cn.oid = c.relnamespace
JOIN pg_catalog.pg_class p ON p.oid = k.parent
JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
CROSS JOIN LATERAL (
    SELECT pg_catalog.array_agg(pg_catalog.quote_ident(ca.attname) ORDER BY i.i) AS child_columns,
           pg_catalog.array_agg(pg_catalog.quote_ident(pa.attname) ORDER BY i.i) AS parent_columns,
           coalesce(pg_catalog.array_agg(pg_catalog.quote_ident(ca.attname) ORDER BY i.i) FILTER (WHERE ca.attnum = ANY (k.set_numbers)), '{}') AS set_columns,
           CASE WHEN pg_catalog.count(o.oid) = pg_catalog.count(*) THEN
               pg_catalog.string_agg(
                   pg_catalog.format('p.%I', pa.attname) || CASE WHEN pa.atttypid <> o.oprleft AND lt.typtype <> 'p' THEN pg_catalog.format('::%I.%I', ln.nspname, lt.typname) ELSE '' END
                   || pg_catalog.format(' OPERATOR(%s.%s) ', pg_catalog.quote_ident(n.nspname), o.oprname)
                   || pg_catalog.format('c.%I', ca.attname) || CASE WHEN ca.atttypid <> o.oprright AND rt.typtype <> 'p' THEN pg_catalog.format('::%I.%I', rn.nspname, rt.typname) ELSE '' END
                   || CASE WHEN pa.attcollation <> ca.attcollation AND pa.attcollation <> 0 THEN pg_catalog.format(' COLLATE %I.%I', ln2.nspname, pc.collname) ELSE '' END,
                   ' AND ' ORDER BY i.i) END AS condition,
           pg_catalog.max(pg_catalog.format('%s to %s by %s', pg_catalog.format_type(x.castsource, NULL), pg_catalog.format_type(x.casttarget, NULL), x.castfunc::pg_catalog.regprocedure)) FILTER (WHERE x.castfunc <> 0) AS own_cast
    FROM pg_catalog.generate_subscripts(k.conkey, 1) AS i (i)
    JOIN pg_catalog.pg_attribute ca ON ca.attrelid = k.child AND ca.attnum = k.conkey[i.i]
    JOIN pg_catalog.pg_attribute pa ON pa.attrelid = k.parent AND pa.attnum = k.confkey[i.i]
    LEFT JOIN pg_catalog.pg_operator o ON o.oid = k.operators[i.i]
    LEFT JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
    LEFT JOIN pg_catalog.pg_type lt ON lt.oid = o.oprleft
    LEFT JOIN pg_catalog.pg_namespace ln ON ln.oid = lt.typnamespace
    LEFT JOIN pg_catalog.pg_type rt ON rt.oid = o.oprright
    LEFT JOIN pg_catalog.pg_namespace rn ON rn.oid = rt.typnamespace
    -- the key's own is the parent's; where a rule is the key, what the child calls equal is equal
    LEFT JOIN pg_catalog.pg_collation pc ON pc.oid = CASE WHEN k.oid IS NULL AND NOT (SELECT cc.collisdeterministic FROM pg_catalog.pg_collation cc WHERE cc.oid = ca.attcollation) THEN ca.attcollation ELSE pa.attcollation END
    LEFT JOIN pg_catalog.pg_namespace ln2 ON ln2.oid = pc.collnamespace
    LEFT JOIN LATERAL (
        SELECT y.castsource, y.casttarget, y.castfunc
        FROM pg_catalog.pg_cast y
        JOIN pg_catalog.pg_proc f ON f.oid = y.castfunc
        JOIN pg_catalog.pg_roles r ON r.oid = f.proowner
        JOIN pg_catalog.pg_type ct ON ct.oid = ca.atttypid
        JOIN pg_catalog.pg_type pt ON pt.oid = pa.atttypid
        WHERE NOT r.rolsuper
          AND ((y.castsource = CASE ct.typtype WHEN 'd' THEN ct.typbasetype ELSE ct.oid END AND y.casttarget = o.oprright)
               OR (y.castsource = CASE pt.typtype WHEN 'd' THEN pt.typbasetype ELSE pt.oid END AND y.casttarget = o.oprleft))
        LIMIT 1) AS x ON true) AS s
-- a publisher names the leaves or their root, a key either; asked upwards, for which nobody waits
CROSS JOIN LATERAL (
    SELECT pg_catalog.count(*) > 0 AS is_there, coalesce(pg_catalog.bool_or(r.srsubstate <> 'r'), false) AS behind
    FROM pg_catalog.pg_subscription_rel r
    WHERE r.srrelid IN (c.oid, p.oid)
       OR EXISTS (SELECT FROM pg_catalog.pg_partition_ancestors(r.srrelid) AS a WHERE a.relid IN (c.oid, p.oid))
       OR EXISTS (SELECT FROM pg_catalog.pg_partition_ancestors(c.oid) AS a WHERE a.relid = r.srrelid)
       OR EXISTS (SELECT FROM pg_catalog.pg_partition_ancestors(p.oid) AS a WHERE a.relid = r.srrelid)) AS u
WHERE c.relpersistence <> 't' AND NOT ((c.relpersistence = 'u' OR p.relpersistence = 'u') AND pg_catalog.pg_is_in_recovery())
ORDER BY child_quoted, k.name
