-- Every table with a foreign key or a deferrable key or exclusion constraint, and the database itself.
SELECT t.oid::bigint, pg_catalog.format('%I.%I', n.nspname, t.relname)
FROM pg_catalog.pg_class t
JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
WHERE EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conrelid = t.oid AND (k.contype = 'f' OR k.contype IN ('p', 'u', 'x') AND k.condeferrable))
UNION ALL
SELECT d.oid::bigint, pg_catalog.quote_ident(d.datname) FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()
