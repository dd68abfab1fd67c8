-- What each row of a table promises: its CHECK constraints, NOT NULL, and the constraints of its columns' domains; and a function in
-- it that is no superuser's, which somebody with more rights than its owner must not call.
WITH RECURSIVE domains AS (
    SELECT a.attrelid, a.attnum, a.attname, d.oid AS domain, d.typname, d.typbasetype AS base, d.typnotnull, 0 AS depth
    FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_type d ON d.oid = a.atttypid AND d.typtype = 'd'
    WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attrelid <> ALL (@held::bigint[]::oid[])
    UNION ALL
    SELECT s.attrelid, s.attnum, s.attname, d.oid, d.typname, d.typbasetype, d.typnotnull, s.depth + 1
    FROM domains s
    JOIN pg_catalog.pg_type d ON d.oid = s.base AND d.typtype = 'd'
),
promises AS (
    SELECT k.conrelid AS of_table, 'constraint ' || pg_catalog.quote_ident(k.conname) AS promise, 'check' AS kind, k.oid AS constraint_oid, NULL::text AS of_column,
           '(' || pg_catalog.pg_get_expr(k.conbin, k.conrelid) || ') IS FALSE' AS broken,
           (SELECT pg_catalog.array_agg(pg_catalog.quote_ident(a.attname) ORDER BY a.attnum) FROM pg_catalog.pg_attribute a WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)) AS columns
    FROM pg_catalog.pg_constraint k
    WHERE k.contype = 'c' AND k.convalidated AND k.conrelid <> 0 AND k.conrelid <> ALL (@held::bigint[]::oid[]) AND k.conname !~ '^healing_twin_' AND coalesce((pg_catalog.to_jsonb(k) ->> 'conenforced')::boolean, true)
    UNION ALL
    SELECT a.attrelid, 'NOT NULL of ' || pg_catalog.quote_ident(a.attname), 'not_null', NULL, pg_catalog.quote_ident(a.attname),
           -- a planner that knows the promise would answer IS NULL without reading
           pg_catalog.format('pg_catalog.num_nulls(c.%I) > 0', a.attname), ARRAY[pg_catalog.quote_ident(a.attname)]
    FROM pg_catalog.pg_attribute a
    WHERE a.attnotnull AND a.attnum > 0 AND NOT a.attisdropped AND a.attrelid <> ALL (@held::bigint[]::oid[])
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conrelid = a.attrelid AND k.contype = 'n' AND k.conkey = ARRAY[a.attnum] AND NOT k.convalidated)
    UNION ALL
    -- compared as the type under all domains: a cast to one between would raise an error for the very row that is looked for
    SELECT s.attrelid, CASE WHEN s.depth = 0 THEN pg_catalog.format('constraint %I of the domain of %I', k.conname, s.attname)
                            ELSE pg_catalog.format('constraint %I of the domain %I under that of %I', k.conname, s.typname, s.attname) END, 'domain', k.oid, pg_catalog.quote_ident(s.attname),
           -- an outer join or a subquery without a row may lawfully bring NULL into a column whose domain refuses it
           pg_catalog.format('pg_catalog.num_nulls(c.%I) = 0 AND EXISTS (SELECT FROM (SELECT (c.%I)::%I.%I AS value) AS v WHERE (%s) IS FALSE)', s.attname, s.attname, bn.nspname, b.typname, pg_catalog.pg_get_expr(k.conbin, 0)),
           ARRAY[pg_catalog.quote_ident(s.attname)]
    FROM domains s
    JOIN pg_catalog.pg_constraint k ON k.contypid = s.domain AND k.contype = 'c' AND k.convalidated
    JOIN pg_catalog.pg_type b ON b.oid = (SELECT u.base FROM domains u WHERE u.attrelid = s.attrelid AND u.attnum = s.attnum ORDER BY u.depth DESC LIMIT 1)
    JOIN pg_catalog.pg_namespace bn ON bn.oid = b.typnamespace
    UNION ALL
    SELECT s.attrelid, pg_catalog.format('NOT NULL of the domain of %I', s.attname), 'domain_not_null', NULL, pg_catalog.quote_ident(s.attname),
           pg_catalog.format('pg_catalog.num_nulls(c.%I) > 0', s.attname), ARRAY[pg_catalog.quote_ident(s.attname)]
    FROM domains s
    WHERE s.typnotnull
    GROUP BY s.attrelid, s.attname
)
SELECT c.oid::bigint AS oid, pg_catalog.format('%I.%I', n.nspname, c.relname) AS quoted, m.promise, m.kind, m.constraint_oid::bigint AS constraint_oid, m.of_column, m.broken, m.columns,
       coalesce((SELECT pg_catalog.array_agg(pg_catalog.quote_ident(a.attname) ORDER BY a.attnum)
                 FROM pg_catalog.pg_index i JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
                 WHERE i.indrelid = c.oid AND i.indisprimary), '{}') AS key,
       x.called AS foreign_function, v.called AS of_session
FROM promises m
JOIN pg_catalog.pg_class c ON c.oid = m.of_table
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN LATERAL (
    SELECT f.called
    FROM pg_catalog.pg_depend d
    CROSS JOIN LATERAL (
        SELECT p.proname::text, p.proowner FROM pg_catalog.pg_proc p
        WHERE d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND p.oid = d.refobjid
        UNION ALL
        SELECT p.proname::text, p.proowner FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_proc p ON p.oid = o.oprcode
        WHERE d.refclassid = 'pg_catalog.pg_operator'::pg_catalog.regclass AND o.oid = d.refobjid
    ) AS f (called, owner)
    JOIN pg_catalog.pg_roles r ON r.oid = f.owner
    WHERE d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND d.objid = m.constraint_oid AND NOT r.rolsuper
    LIMIT 1) AS x ON true
-- what it says depends on who asks, when, and in which time zone; those of types that may be anything are stable for that alone,
-- and so is a cast by way of text: they depend on the session where the text of one of the types does
LEFT JOIN LATERAL (
    SELECT f.called
    FROM pg_catalog.pg_constraint k
    CROSS JOIN LATERAL (
        SELECT p.proname::text FROM pg_catalog.regexp_matches(k.conbin::text, ':(?:funcid|opfuncid) (\d+)', 'g') AS r (id) JOIN pg_catalog.pg_proc p ON p.oid = r.id[1]::oid
        WHERE p.provolatile <> 'i' AND p.proname <> ALL ('{concat,concat_ws,format,array_to_string,textanycat,anytextcat}')
        UNION ALL
        SELECT 'the user or the time of the session' WHERE k.conbin::text ~ '\{SQLVALUEFUNCTION'
        UNION ALL
        SELECT 'how a ' || pg_catalog.format_type(b.oid, NULL) || ' is written'
        FROM (
            -- what domains, arrays and ranges are made of decides
            WITH RECURSIVE parts AS (
                SELECT r.id[1]::oid AS id FROM pg_catalog.regexp_matches(k.conbin::text, ':(?:[a-z]*type|typeId|array_typeid|element_typeid|row_typeid) (\d+)', 'g') AS r (id)
                UNION
                SELECT CASE t.typtype WHEN 'd' THEN t.typbasetype WHEN 'r' THEN (SELECT g.rngsubtype FROM pg_catalog.pg_range g WHERE g.rngtypid = t.oid)
                                      WHEN 'm' THEN (SELECT g.rngtypid FROM pg_catalog.pg_range g WHERE g.rngmultitypid = t.oid) ELSE t.typelem END
                FROM parts s
                JOIN pg_catalog.pg_type t ON t.oid = s.id
                WHERE t.typtype IN ('d', 'r', 'm') OR (t.typcategory = 'A' AND t.typelem <> 0)
            )
            SELECT s.id FROM parts s) AS s
        JOIN pg_catalog.pg_type b ON b.oid = s.id
        JOIN pg_catalog.pg_proc i ON i.oid = b.typinput
        JOIN pg_catalog.pg_proc o ON o.oid = b.typoutput
        WHERE (i.provolatile <> 'i' OR o.provolatile <> 'i' OR b.typname IN ('float4', 'float8', 'bytea', 'interval'))
          AND b.typtype NOT IN ('d', 'r', 'm', 'e', 'p') AND NOT (b.typcategory = 'A' AND b.typelem <> 0) AND b.typname NOT IN ('json', 'jsonb')
          AND (k.conbin::text ~ '\{COERCEVIAIO'
               OR EXISTS (SELECT FROM pg_catalog.regexp_matches(k.conbin::text, ':(?:funcid|opfuncid) (\d+)', 'g') AS f (id) JOIN pg_catalog.pg_proc p ON p.oid = f.id[1]::oid
                          WHERE p.proname IN ('concat', 'concat_ws', 'format', 'array_to_string', 'textanycat', 'anytextcat')))
    ) AS f (called)
    WHERE k.oid = m.constraint_oid
    LIMIT 1) AS v ON true
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND c.oid >= 16384 AND n.nspname <> 'information_schema'
  AND NOT (c.relpersistence = 'u' AND pg_catalog.pg_is_in_recovery())
  AND (@table::bigint IS NULL OR c.oid = @table::bigint::oid)
ORDER BY c.oid, m.promise
