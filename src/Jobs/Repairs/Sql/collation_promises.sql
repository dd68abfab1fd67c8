-- What rows were promised to fulfil when another order was in force: bounds of partitions, check constraints; and a function in
-- it that is no superuser's, which a repair with more rights than its owner must not call.
WITH promises AS (
    SELECT c.oid AS of_table, 'the bounds of its partition' AS promise, pg_catalog.pg_get_partition_constraintdef(c.oid) AS expression,
           'pg_catalog.pg_class'::pg_catalog.regclass::oid AS class, true AS in_order, ARRAY(SELECT a.relid::oid FROM pg_catalog.pg_partition_ancestors(c.oid) a) AS objects
    FROM pg_catalog.pg_class c
    WHERE c.relispartition AND c.relkind = 'r' AND c.relpersistence <> 't' AND pg_catalog.pg_get_partition_constraintdef(c.oid) IS NOT NULL
      AND EXISTS (SELECT FROM pg_catalog.pg_partition_ancestors(c.oid) a JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = a.relid
                  WHERE @collation::oid = ANY (p.partcollation::oid[]))
    UNION ALL
    SELECT c.oid, 'the constraint ' || pg_catalog.quote_ident(k.conname), pg_catalog.pg_get_expr(k.conbin, k.conrelid),
           'pg_catalog.pg_constraint'::pg_catalog.regclass::oid,
           k.conbin::text ~ (':opno (?:664|665|666|667|1058|1059|1060|1061) [^{}]*:inputcollid ' || @collation || '\M'), ARRAY[k.oid]
    FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
    WHERE k.contype = 'c' AND k.convalidated AND c.relkind = 'r' AND c.relpersistence <> 't' AND c.oid >= 16384
      AND k.conbin::text ~ (':inputcollid ' || @collation || '\M')
)
SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS "table", m.promise, m.expression, x.called AS foreign_function
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
        UNION ALL
        SELECT t.typname::text, t.typowner FROM pg_catalog.pg_type t
        WHERE d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass AND t.oid = d.refobjid AND t.typtype = 'd'
    ) AS f (called, owner)
    JOIN pg_catalog.pg_roles r ON r.oid = f.owner
    WHERE d.classid = m.class AND d.objid = ANY (m.objects) AND NOT r.rolsuper
    LIMIT 1) AS x ON true
WHERE x.called IS NULL OR m.in_order
