-- The table and the columns that a rule names, and how a value of each is found among those that are allowed: by the type's own equality under the
-- column's own collation, so that what the database calls equal is never called wrong.
SELECT c.oid::bigint AS oid, pg_catalog.format('%I.%I', n.nspname, c.relname) AS quoted, c.relkind::text AS kind, c.relpersistence::text AS persistence,
       w.columns, w.numbers, w.types, w.allowed,
       coalesce((SELECT pg_catalog.array_agg(pg_catalog.quote_ident(a.attname) ORDER BY a.attnum)
                 FROM pg_catalog.pg_index i JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
                 WHERE i.indrelid = c.oid AND i.indisprimary), '{}') AS key, o.own_cast
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (
    SELECT coalesce(pg_catalog.array_agg(pg_catalog.quote_ident(a.attname) ORDER BY s.place), '{}') AS columns,
           coalesce(pg_catalog.array_agg(a.attnum::int ORDER BY s.place), '{}') AS numbers,
           coalesce(pg_catalog.array_agg(b.typname::text ORDER BY s.place), '{}') AS types,
           coalesce(pg_catalog.array_agg(coalesce(
               CASE WHEN q.oprname IS NULL THEN ''
                    WHEN b.typtype = 'e' THEN pg_catalog.format('pg_catalog.concat(c.%I) COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) ANY (@allowed::pg_catalog.text[])', a.attname)
                    WHEN e.typarray <> 0 THEN pg_catalog.format('%s OPERATOR(%I.%s) ANY (@allowed::pg_catalog.text[]::%s)', v.value, q.nspname, q.oprname, v.array_type)
                    ELSE pg_catalog.format('EXISTS (SELECT FROM pg_catalog.unnest(@allowed::pg_catalog.text[]) AS allowed (value) WHERE %s OPERATOR(%I.%s) allowed.value::%s)', v.value, q.nspname, q.oprname, v.type) END, '')
               ORDER BY s.place), '{}') AS allowed
    FROM pg_catalog.unnest(@columns::text[]) WITH ORDINALITY AS s (name, place)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attname = s.name AND a.attnum > 0 AND NOT a.attisdropped
    CROSS JOIN LATERAL (
        WITH RECURSIVE under AS (
            SELECT t.oid, t.typtype, t.typbasetype FROM pg_catalog.pg_type t WHERE t.oid = a.atttypid
            UNION ALL
            SELECT t.oid, t.typtype, t.typbasetype FROM under JOIN pg_catalog.pg_type t ON t.oid = under.typbasetype WHERE under.typtype = 'd')
        SELECT under.oid FROM under WHERE under.typtype <> 'd') AS u
    JOIN pg_catalog.pg_type b ON b.oid = u.oid
    -- varchar has no comparison of its own
    JOIN pg_catalog.pg_type e ON e.oid = CASE WHEN b.oid = 'pg_catalog.varchar'::pg_catalog.regtype THEN 'pg_catalog.text'::pg_catalog.regtype::oid ELSE b.oid END
    JOIN pg_catalog.pg_namespace en ON en.oid = e.typnamespace
    LEFT JOIN pg_catalog.pg_type y ON y.oid = e.typarray
    LEFT JOIN pg_catalog.pg_namespace yn ON yn.oid = y.typnamespace
    LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation
    LEFT JOIN pg_catalog.pg_namespace ln ON ln.oid = l.collnamespace
    CROSS JOIN LATERAL (
        SELECT pg_catalog.format('c.%I::%I.%I', a.attname, en.nspname, e.typname) || CASE WHEN l.oid IS NULL THEN '' ELSE pg_catalog.format(' COLLATE %I.%I', ln.nspname, l.collname) END AS value,
               pg_catalog.format('%I.%I', en.nspname, e.typname) AS type, pg_catalog.quote_ident(yn.nspname) || '.' || pg_catalog.quote_ident(y.typname) AS array_type) AS v
    LEFT JOIN LATERAL (
        SELECT o.oprname, n.nspname
        FROM pg_catalog.pg_opclass oc
        JOIN pg_catalog.pg_am m ON m.oid = oc.opcmethod AND m.amname IN ('btree', 'hash')
        JOIN pg_catalog.pg_amop p ON p.amopfamily = oc.opcfamily AND p.amoplefttype = oc.opcintype AND p.amoprighttype = oc.opcintype AND p.amopstrategy = CASE m.amname WHEN 'btree' THEN 3 ELSE 1 END
        JOIN pg_catalog.pg_operator o ON o.oid = p.amopopr
        JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
        WHERE oc.opcdefault AND oc.opcintype IN (e.oid, CASE WHEN e.typtype = 'r' THEN 'pg_catalog.anyrange'::pg_catalog.regtype::oid WHEN e.typtype = 'm' THEN pg_catalog.to_regtype('pg_catalog.anymultirange')::oid
                                                             WHEN e.typtype = 'c' THEN 'pg_catalog.record'::pg_catalog.regtype::oid WHEN e.typtype = 'e' THEN 'pg_catalog.anyenum'::pg_catalog.regtype::oid WHEN e.typcategory = 'A' THEN 'pg_catalog.anyarray'::pg_catalog.regtype::oid END)
        ORDER BY oc.opcintype = e.oid DESC, m.amname
        LIMIT 1) AS q ON true) AS w
-- what a value is turned into text or JSON by, and back, where that is a function that is no superuser's
CROSS JOIN LATERAL (
    WITH RECURSIVE parts AS (
        SELECT a.atttypid AS id FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        UNION
        SELECT x.id
        FROM parts s
        JOIN pg_catalog.pg_type t ON t.oid = s.id
        CROSS JOIN LATERAL (
            SELECT t.typbasetype WHERE t.typtype = 'd'
            UNION ALL
            SELECT t.typelem WHERE t.typcategory = 'A'
            UNION ALL
            SELECT a.atttypid FROM pg_catalog.pg_attribute a WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped) AS x (id)
    )
    SELECT (SELECT pg_catalog.format('%s to %s by %s', pg_catalog.format_type(k.castsource, NULL), pg_catalog.format_type(k.casttarget, NULL), p.oid::pg_catalog.regprocedure)
            FROM pg_catalog.pg_cast k
            JOIN pg_catalog.pg_proc p ON p.oid = k.castfunc
            JOIN pg_catalog.pg_roles r ON r.oid = p.proowner
            WHERE NOT r.rolsuper
              AND ((k.castsource IN (SELECT id FROM parts) AND k.casttarget IN ('pg_catalog.text'::pg_catalog.regtype, 'pg_catalog.json'::pg_catalog.regtype, 'pg_catalog.jsonb'::pg_catalog.regtype))
                   OR (k.casttarget IN (SELECT id FROM parts) AND k.castsource = 'pg_catalog.text'::pg_catalog.regtype))
            LIMIT 1) AS own_cast) AS o
WHERE c.oid = @oid::bigint::oid
