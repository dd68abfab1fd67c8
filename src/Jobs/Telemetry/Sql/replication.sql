-- Who follows this server and how far behind, what its slots hold back, and how far behind it is itself where it is a standby.
SELECT pg_catalog.jsonb_build_object(
    'followers', (SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('name', application_name, 'state', state, 'sync', sync_state,
            'lag_bytes', CASE WHEN pg_catalog.pg_is_in_recovery() THEN NULL ELSE pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), replay_lsn) END,
            'lag_seconds', pg_catalog.round(extract(epoch FROM replay_lag), 3)) ORDER BY application_name, pid), '[]') FROM pg_catalog.pg_stat_replication),
    'slots', (SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('name', slot_name, 'active', active,
            'held_bytes', CASE WHEN pg_catalog.pg_is_in_recovery() THEN NULL ELSE pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), restart_lsn) END) ORDER BY slot_name), '[]') FROM pg_catalog.pg_replication_slots),
    'behind_seconds', CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.round(extract(epoch FROM pg_catalog.clock_timestamp() - pg_catalog.pg_last_xact_replay_timestamp()), 3) END)::text
