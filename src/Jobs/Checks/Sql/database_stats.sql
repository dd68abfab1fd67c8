-- The counters of this database and of what all databases share, and how near some limits are.
SELECT d.datid::bigint, pg_catalog.quote_ident(d.datname),
       (SELECT sum(s.checksum_failures)::bigint FROM pg_catalog.pg_stat_database s WHERE s.datid IN (d.datid, 0)) AS checksum_failures,
       (SELECT max(s.checksum_last_failure)::text FROM pg_catalog.pg_stat_database s WHERE s.datid IN (d.datid, 0)) AS checksum_last_failure,
       d.stats_reset::text,
       d.deadlocks::bigint, d.xact_rollback::bigint, d.temp_files::bigint, d.temp_bytes::bigint,
       (SELECT count(*) FROM pg_catalog.pg_stat_activity a WHERE a.backend_type = 'client backend')::bigint AS connections,
       pg_catalog.current_setting('max_connections')::bigint AS max_connections,
       pg_catalog.age(b.datfrozenxid)::bigint AS xid_age, pg_catalog.mxid_age(b.datminmxid)::bigint AS multixact_age,
       (SELECT max(pg_catalog.pg_wal_lsn_diff(w.here, r.replay_lsn))::bigint FROM pg_catalog.pg_stat_replication r) AS replication_lag,
       (SELECT count(*) FROM pg_catalog.pg_replication_slots s WHERE NOT s.active)::bigint AS slots_inactive,
       (SELECT max(pg_catalog.pg_wal_lsn_diff(w.here, s.restart_lsn))::bigint FROM pg_catalog.pg_replication_slots s) AS slots_keep
FROM pg_catalog.pg_stat_database d
JOIN pg_catalog.pg_database b ON b.oid = d.datid
CROSS JOIN LATERAL (SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn() ELSE pg_catalog.pg_current_wal_lsn() END) AS w (here)
WHERE b.datname = pg_catalog.current_database()
