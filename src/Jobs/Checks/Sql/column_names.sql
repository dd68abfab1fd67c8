-- The names of a table's columns, for people.
SELECT a.attnum::int, pg_catalog.quote_ident(a.attname)
FROM pg_catalog.pg_attribute a
WHERE a.attrelid = @oid::bigint::oid AND a.attnum > 0
