-- What is stored in the order of which collation: index keys and what is within them, expressions and predicates, partition bounds, range tests of constraints.
WITH RECURSIVE
-- include: hidden_collations
, uses AS (
    SELECT 'index' AS kind, k.coll, c.oid, n.nspname, c.relname::text AS name, i.indrelid AS of_table, a.amname::text AS method,
           coalesce(pg_catalog.pg_relation_filenode(c.oid), 0)::bigint AS filenode, i.indisexclusion OR i.indrelid < 16384 AS locking
    FROM pg_catalog.pg_index i
    JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_am a ON a.oid = c.relam
    LEFT JOIN (SELECT d.of_index, pg_catalog.array_agg(d.coll) AS colls FROM hidden d GROUP BY d.of_index) AS h ON h.of_index = c.oid
    CROSS JOIN LATERAL (
        SELECT o FROM pg_catalog.unnest(i.indcollation::oid[] || h.colls) AS o
        UNION
        SELECT m[1]::oid FROM pg_catalog.regexp_matches(coalesce(i.indexprs::text, '') || ' ' || coalesce(i.indpred::text, ''), ':inputcollid ([0-9]+)', 'g') AS m
        UNION
        SELECT r.rngcollation FROM pg_catalog.pg_attribute t JOIN pg_catalog.pg_range r ON t.atttypid IN (r.rngtypid, r.rngmultitypid) WHERE t.attrelid = c.oid
    ) AS k (coll)
    WHERE c.relkind = 'i' AND c.relpersistence <> 't' AND i.indisvalid
      AND (a.amname <> 'hash' OR NOT (SELECT l.collisdeterministic FROM pg_catalog.pg_collation l WHERE l.oid = k.coll))
    UNION ALL
    SELECT 'partition_key', k.coll, c.oid, n.nspname, c.relname::text, c.oid, NULL, 0, false
    FROM pg_catalog.pg_partitioned_table p
    JOIN pg_catalog.pg_class c ON c.oid = p.partrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL (
        SELECT o FROM pg_catalog.unnest(p.partcollation::oid[]) AS o
        UNION
        SELECT m[1]::oid FROM pg_catalog.regexp_matches(coalesce(p.partexprs::text, ''), ':inputcollid ([0-9]+)', 'g') AS m
    ) AS k (coll)
    WHERE p.partstrat = 'r'
    UNION ALL
    SELECT 'constraint', k.coll, o.oid, n.nspname, o.conname::text, o.conrelid, NULL, 0, false
    FROM pg_catalog.pg_constraint o
    JOIN pg_catalog.pg_namespace n ON n.oid = o.connamespace
    CROSS JOIN LATERAL (
        SELECT DISTINCT m[1]::oid
        FROM pg_catalog.regexp_matches(o.conbin::text, ':opno (?:664|665|666|667|1058|1059|1060|1061) [^{}]*:inputcollid ([0-9]+)', 'g') AS m
    ) AS k (coll)
    WHERE o.contype = 'c' AND o.conrelid >= 16384
)
SELECT u.coll::bigint, u.kind, u.oid::bigint, pg_catalog.format('%I.%I', u.nspname, u.name),
       pg_catalog.format('%I.%I', tn.nspname, t.relname), u.method, u.filenode, u.locking
FROM uses u
JOIN pg_catalog.pg_class t ON t.oid = u.of_table
JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
WHERE u.coll NOT IN (0, 950, 951)
ORDER BY u.coll, u.kind, u.oid
