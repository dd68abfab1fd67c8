-- how far a standby is, whether it goes on, and from whom it receives; the role may not see all of the receiver
WITH me AS (
    SELECT pg_catalog.pg_is_in_recovery() AS recovering,
        CASE WHEN pg_catalog.pg_is_in_recovery() THEN greatest(pg_catalog.pg_last_wal_receive_lsn(), pg_catalog.pg_last_wal_replay_lsn()) END AS received,
        CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn() END AS replayed
)
SELECT @Name AS "Name", me.recovering AS "InRecovery",
    (SELECT c.system_identifier FROM pg_catalog.pg_control_system() c)::text AS "SystemIdentifier",
    CASE WHEN me.recovering THEN greatest(
        (SELECT r.received_tli FROM pg_catalog.pg_stat_wal_receiver r),
        (SELECT c.min_recovery_end_timeline FROM pg_catalog.pg_control_recovery() c),
        (SELECT c.timeline_id FROM pg_catalog.pg_control_checkpoint() c))
    ELSE ('x' || pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8))::bit(32)::int END AS "Timeline",
    CASE WHEN me.recovering THEN pg_catalog.pg_is_wal_replay_paused() ELSE false END AS "ReplayPaused",
    EXISTS (SELECT FROM pg_catalog.pg_stat_wal_receiver r WHERE r.pid IS NOT NULL AND coalesce(r.status, 'streaming') = 'streaming') AS "Receiving",
    pg_catalog.current_setting('restore_command') <> '' AS "FromArchive",
    nullif(pg_catalog.current_setting('primary_slot_name'), '') AS "Slot",
    nullif(pg_catalog.current_setting('cluster_name'), '') AS "Cluster", pg_catalog.pg_postmaster_start_time() AS "Started",
    me.received::text AS "ReceivedLsn", me.replayed::text AS "ReplayedLsn",
    greatest(pg_catalog.pg_wal_lsn_diff(@PrimaryLsn::pg_catalog.pg_lsn, me.replayed), 0)::bigint AS "LagBytes",
    greatest(pg_catalog.pg_wal_lsn_diff(@PrimaryLsn::pg_catalog.pg_lsn, me.received), 0)::bigint AS "MissingBytes",
    CASE WHEN @PrimaryLsn::pg_catalog.pg_lsn <= me.replayed THEN 0
         ELSE greatest(extract(epoch FROM pg_catalog.clock_timestamp() - pg_catalog.pg_last_xact_replay_timestamp()), 0) END::float8 AS "LagSeconds"
FROM me
