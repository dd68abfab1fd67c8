-- Invalid halves of a concurrent rebuild of this table that nobody is building, newer than the indexes known before.
SELECT c.oid::bigint AS oid, pg_catalog.format('%I.%I', n.nspname, c.relname) AS quoted
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE i.indrelid = @table::oid
  AND NOT i.indisvalid
  AND c.relkind = 'i'
  AND c.relname ~ '_cc(new|old)[0-9]*$'
  AND (c.oid::bigint <> ALL (@before) OR (c.oid = @original::oid AND c.relname ~ '_ccold[0-9]*$'))
  AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_stat_progress_create_index p
        WHERE p.pid <> pg_catalog.pg_backend_pid() AND (p.index_relid = c.oid OR p.relid = i.indrelid))
ORDER BY c.oid
