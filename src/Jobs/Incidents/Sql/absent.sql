-- Which of these are in the catalogue no more, neither by oid nor by name (on the target): as relations, or as collations.
SELECT o.name
FROM unnest(@Oids::bigint[], @Names::text[]) AS o (oid, name)
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                  WHERE c.oid = o.oid::oid OR pg_catalog.format('%I.%I', n.nspname, c.relname) = o.name)
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_collation k JOIN pg_catalog.pg_namespace n ON n.oid = k.collnamespace
                  WHERE k.oid = o.oid::oid OR pg_catalog.format('%I.%I', n.nspname, k.collname) = o.name)
