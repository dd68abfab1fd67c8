-- Indexes that are whole by now: what was called a leftover and is among them is none any more.
SELECT i.indexrelid::bigint AS oid, pg_catalog.format('%I.%I', n.nspname, c.relname) AS quoted
FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE i.indisvalid AND i.indisready AND i.indislive AND c.relkind = 'i' AND c.oid >= 16384 AND c.relpersistence <> 't'
