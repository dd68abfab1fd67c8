-- Who publishes a table, itself or as a part of what it is a partition of: subscribers hear of statements, and not of work on single row versions.
SELECT pg_catalog.string_agg(DISTINCT pg_catalog.quote_ident(v.pubname), ', ')
FROM (SELECT @oid::bigint::oid AS oid UNION SELECT a.relid::oid FROM pg_catalog.pg_partition_ancestors(@oid::bigint::oid::pg_catalog.regclass) a) f
JOIN pg_catalog.pg_class c ON c.oid = f.oid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_publication_tables v ON v.schemaname = n.nspname AND v.tablename = c.relname
