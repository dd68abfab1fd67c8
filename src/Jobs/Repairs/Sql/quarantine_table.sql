-- A table as it is now.
SELECT c.oid::bigint AS oid, n.nspname::text AS schema, c.relname::text AS name, pg_catalog.format('%I.%I', n.nspname, c.relname) AS quoted,
       c.relkind::text AS kind,
       -- the key that finds a row again: the primary one, else the smallest that is unique, whole and never null
       coalesce((SELECT ARRAY(SELECT a FROM pg_catalog.unnest(i.indkey::smallint[]) WITH ORDINALITY AS k (a, n) WHERE k.n <= i.indnkeyatts ORDER BY k.n)
                 FROM pg_catalog.pg_index i
                 WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL
                   AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a
                                   WHERE a.attrelid = c.oid AND a.attnum = ANY (i.indkey::smallint[]) AND NOT a.attnotnull)
                 ORDER BY i.indisprimary DESC, i.indnkeyatts, i.indexrelid LIMIT 1), '{}') AS key
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = @oid::oid
