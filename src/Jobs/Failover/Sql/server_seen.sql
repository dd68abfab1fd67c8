-- which server answers here, whether it takes writes, and whether it receives those of another; the role may not see all of the receiver
SELECT pg_catalog.pg_is_in_recovery() AS "Recovering", (SELECT c.system_identifier FROM pg_catalog.pg_control_system() c)::text AS "SystemIdentifier", pg_catalog.pg_postmaster_start_time() AS "Started",
    CASE WHEN NOT pg_catalog.pg_is_in_recovery() THEN ('x' || pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8))::bit(32)::int END AS "Timeline",
    EXISTS (SELECT FROM pg_catalog.pg_stat_wal_receiver r WHERE r.pid IS NOT NULL AND coalesce(r.status, 'streaming') = 'streaming') AS "Receiving"
