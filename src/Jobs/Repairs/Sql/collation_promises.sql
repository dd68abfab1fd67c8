-- What rows were promised to fulfil when another order was in force: bounds of partitions, check constraints.
SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS "table", 'the bounds of its partition' AS promise, pg_catalog.pg_get_partition_constraintdef(c.oid) AS expression
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relispartition AND c.relkind = 'r' AND pg_catalog.pg_get_partition_constraintdef(c.oid) IS NOT NULL
  AND EXISTS (SELECT FROM pg_catalog.pg_partition_ancestors(c.oid) a JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = a.relid
              WHERE @collation::oid = ANY (p.partcollation::oid[]))
UNION ALL
SELECT pg_catalog.format('%I.%I', n.nspname, c.relname), 'the constraint ' || pg_catalog.quote_ident(k.conname), pg_catalog.pg_get_expr(k.conbin, k.conrelid)
FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE k.contype = 'c' AND k.convalidated AND c.relkind = 'r' AND c.oid >= 16384
  AND (EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_constraint'::regclass AND d.objid = k.oid
               AND d.refclassid = 'pg_catalog.pg_collation'::regclass AND d.refobjid = @collation::oid)
       OR (@is_default AND k.conbin::text LIKE '%:inputcollid 100 %'))
