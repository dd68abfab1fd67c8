-- What a burst of WAL would hurt: the furthest replica and the slot that keeps most back, in bytes (null without any).
SELECT (SELECT max(pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), r.replay_lsn))::bigint
        FROM pg_catalog.pg_stat_replication r) AS replica_lag,
       (SELECT max(pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), s.restart_lsn))::bigint
        FROM pg_catalog.pg_replication_slots s WHERE s.wal_status IS DISTINCT FROM 'lost') AS slot_keeps,
       EXISTS (SELECT FROM pg_catalog.pg_replication_slots s WHERE s.wal_status = 'unreserved') AS slot_in_danger
