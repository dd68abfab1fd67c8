-- Our own sessions here, by state: what the fleet's pools hold of the places that the server has.
SELECT pg_catalog.jsonb_build_object(
    'places', pg_catalog.current_setting('max_connections')::int,
    'ours', pg_catalog.count(*),
    'active', pg_catalog.count(*) FILTER (WHERE state = 'active'),
    'idle', pg_catalog.count(*) FILTER (WHERE state = 'idle'),
    'in_transaction', pg_catalog.count(*) FILTER (WHERE state LIKE 'idle in transaction%'),
    'oldest_seconds', pg_catalog.round(coalesce(pg_catalog.max(extract(epoch FROM pg_catalog.clock_timestamp() - backend_start)), 0), 3))::text
FROM pg_catalog.pg_stat_activity
WHERE datname = pg_catalog.current_database() AND application_name LIKE 'healing%' AND pid <> pg_catalog.pg_backend_pid()
