-- Where an index and its table are kept now; no row where it went or is being built. Measuring a file waits for whoever holds it for himself alone.
SELECT pg_catalog.pg_relation_filepath(c.oid), pg_catalog.pg_relation_filepath(t.oid)
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
WHERE i.indexrelid = @oid::bigint::oid AND i.indrelid <> ALL (@held::bigint[]::oid[])
  AND i.indisvalid AND i.indisready AND i.indislive
  AND pg_catalog.pg_relation_size(c.oid) IS NOT NULL AND pg_catalog.pg_relation_size(t.oid) IS NOT NULL
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = c.oid)
