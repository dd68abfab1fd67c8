-- All client sessions of the server, and those of this database.
SELECT pg_catalog.jsonb_build_object(
    'sessions', pg_catalog.count(*),
    'here', pg_catalog.count(*) FILTER (WHERE datname = pg_catalog.current_database()),
    'active', pg_catalog.count(*) FILTER (WHERE state = 'active'),
    'idle', pg_catalog.count(*) FILTER (WHERE state = 'idle'),
    'idle_in_transaction', pg_catalog.count(*) FILTER (WHERE state LIKE 'idle in transaction%'),
    'waiting_for_a_lock', pg_catalog.count(*) FILTER (WHERE wait_event_type = 'Lock'),
    'oldest_transaction_seconds', pg_catalog.round(coalesce(pg_catalog.max(extract(epoch FROM pg_catalog.clock_timestamp() - xact_start)), 0), 3),
    'longest_query_seconds', pg_catalog.round(coalesce(pg_catalog.max(extract(epoch FROM pg_catalog.clock_timestamp() - query_start)) FILTER (WHERE state = 'active'), 0), 3))::text
FROM pg_catalog.pg_stat_activity
WHERE backend_type = 'client backend' AND pid <> pg_catalog.pg_backend_pid()
