-- Every table of the heap that can be verified, biggest first: ordinary ones, materialized views, TOAST and, where wanted, sequences.
SELECT c.oid::bigint AS oid,
       pg_catalog.format('%I.%I', n.nspname, c.relname) AS quoted,
       c.relkind::text AS kind,
       greatest(c.relpages, 0)::bigint AS pages,
       coalesce((SELECT greatest(l.relpages, 0) FROM pg_catalog.pg_class l WHERE l.oid = c.reltoastrelid), 0)::bigint AS "ToastPages",
       coalesce(m.oid, c.oid) < 16384 AS "IsCatalog",
       m.oid::bigint AS "MainOid",
       CASE WHEN m.oid IS NOT NULL THEN pg_catalog.format('%I.%I', mn.nspname, m.relname) END AS "MainQuoted"
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_am a ON a.oid = c.relam
LEFT JOIN pg_catalog.pg_class m ON c.relkind = 't' AND m.reltoastrelid = c.oid
LEFT JOIN pg_catalog.pg_namespace mn ON mn.oid = m.relnamespace
WHERE (c.relkind IN ('r', 'm', 't') AND a.amname = 'heap' OR c.relkind = 'S' AND @sequences)
  AND c.relpersistence <> 't'
  AND NOT (c.relpersistence = 'u' AND pg_catalog.pg_is_in_recovery())
  AND (@table::bigint IS NULL OR c.oid = @table::bigint::oid OR m.oid = @table::bigint::oid)
ORDER BY pages DESC, c.oid
