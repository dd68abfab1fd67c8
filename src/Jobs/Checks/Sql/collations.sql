-- Collations with a version, recorded and actual; the default one has its record with the database and is asked apart.
SELECT c.oid::bigint, pg_catalog.format('%I.%I', n.nspname, c.collname) AS quoted, c.collprovider::text,
       c.collversion AS recorded,
       CASE WHEN c.oid <> 100 THEN pg_catalog.pg_collation_actual_version(c.oid) END AS actual
FROM pg_catalog.pg_collation c JOIN pg_catalog.pg_namespace n ON n.oid = c.collnamespace
WHERE c.oid NOT IN (950, 951)
  AND c.collencoding IN (-1, (SELECT d.encoding FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()))
  AND (c.oid >= 16384 OR c.oid = ANY (@used::bigint[]::oid[]))
ORDER BY c.oid
