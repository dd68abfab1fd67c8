-- Indexes that are not whole, and whether somebody is at work on them: a build, a rebuild or a concurrent drop.
SELECT c.oid::bigint AS oid,
       pg_catalog.format('%I.%I', n.nspname, c.relname) AS quoted,
       pg_catalog.format('%I.%I', tn.nspname, t.relname) AS table_quoted,
       t.oid::bigint AS table_oid,
       i.indisvalid AS is_valid, i.indisready AS is_ready, i.indislive AS is_live,
       t.oid < 16384 AS is_catalog,
       EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = c.oid AND k.contype IN ('p', 'u', 'x')) AS backs_constraint,
       EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhrelid = c.oid) AS is_attached,
       coalesce(pg_catalog.substring(c.relname::text, '_cc(?:new|old)[0-9]*$'), '') AS suffix,
       pg_catalog.pg_get_indexdef(c.oid) AS definition,
       EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p
               WHERE p.index_relid = c.oid OR p.relid = t.oid
                  OR (p.relid IS NULL AND p.datname = pg_catalog.current_database()))
       OR EXISTS (SELECT FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity s ON s.pid = l.pid
                  WHERE l.locktype = 'relation' AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
                    AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
                    AND l.mode IN ('ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
                    AND (l.relation = c.oid OR (l.relation = t.oid AND (s.query IS NULL OR s.query ~* '\m(re)?index\M' OR s.query = '<insufficient privilege>')))) AS in_hand
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
WHERE NOT (i.indisvalid AND i.indisready AND i.indislive)
  AND c.relkind = 'i' AND c.relpersistence <> 't' AND i.indrelid <> ALL (@held::bigint[]::oid[])
  AND (@indexes::bigint[] IS NULL OR c.oid = ANY (@indexes::bigint[]::oid[]))
  AND (@table::bigint IS NULL OR t.oid = @table::bigint::oid
       OR t.oid = (SELECT o.reltoastrelid FROM pg_catalog.pg_class o WHERE o.oid = @table::bigint::oid))
ORDER BY c.oid
