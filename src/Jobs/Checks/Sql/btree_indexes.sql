-- Every index of a method that can be verified, biggest first, in one round trip; sizes by statistics, since asking the files takes locks.
SELECT c.oid::bigint AS oid,
       pg_catalog.format('%I.%I', n.nspname, c.relname) AS quoted,
       t.oid::bigint AS table_oid,
       pg_catalog.format('%I.%I', tn.nspname, t.relname) AS table_quoted,
       greatest(c.relpages, 1)::bigint + greatest(t.relpages, 0)::bigint AS pages,
       i.indisprimary AS is_primary,
       i.indisexclusion AS is_exclusion,
       t.oid < 16384 AS is_catalog,
       c.relisshared OR c.relfilenode = 0 OR (t.oid < 16384 AND c.relname = ANY (ARRAY[
           'pg_class_oid_index', 'pg_attribute_relid_attnum_index', 'pg_index_indexrelid_index', 'pg_opclass_oid_index',
           'pg_amproc_fam_proc_index', 'pg_rewrite_rel_rulename_index', 'pg_trigger_tgrelid_tgname_index'])) AS is_critical
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
JOIN pg_catalog.pg_am a ON a.oid = c.relam
WHERE a.amname = @method AND c.relkind = 'i' AND (i.indisunique OR NOT @unique_only)
  AND i.indisvalid AND i.indisready AND i.indislive
  AND c.relpersistence <> 't'
  AND NOT (c.relpersistence = 'u' AND pg_catalog.pg_is_in_recovery())
  AND (@indexes::bigint[] IS NULL OR c.oid = ANY (@indexes::bigint[]::oid[]))
  AND (@table::bigint IS NULL OR t.oid = @table::bigint::oid
       OR t.oid = (SELECT o.reltoastrelid FROM pg_catalog.pg_class o WHERE o.oid = @table::bigint::oid))
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = c.oid)
ORDER BY pages DESC, c.oid
