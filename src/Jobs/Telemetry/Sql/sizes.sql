-- How large this database is; counted by the planner's pages, since asking every file would take long and lock.
SELECT pg_catalog.jsonb_build_object(
    'database_bytes', pg_catalog.pg_database_size(pg_catalog.current_database()),
    'tables_bytes', coalesce(pg_catalog.sum(relpages::bigint) FILTER (WHERE relkind IN ('r', 'm', 't')), 0) * pg_catalog.current_setting('block_size')::bigint,
    'indexes_bytes', coalesce(pg_catalog.sum(relpages::bigint) FILTER (WHERE relkind = 'i'), 0) * pg_catalog.current_setting('block_size')::bigint,
    'tables', pg_catalog.count(*) FILTER (WHERE relkind IN ('r', 'm')),
    'indexes', pg_catalog.count(*) FILTER (WHERE relkind = 'i'))::text
FROM pg_catalog.pg_class
