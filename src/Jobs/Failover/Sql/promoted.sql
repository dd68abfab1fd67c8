-- where recovery ended and the new timeline began
SELECT pg_catalog.pg_last_wal_replay_lsn()::text AS "Lsn", ('x' || pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8))::bit(32)::int AS "Timeline",
    pg_catalog.pg_wal_lsn_diff(@known::pg_catalog.pg_lsn, pg_catalog.pg_last_wal_replay_lsn())::bigint AS "Missing"
