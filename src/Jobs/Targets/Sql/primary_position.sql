-- where a primary writes now, and on which timeline; nothing from a standby
SELECT (SELECT c.system_identifier FROM pg_catalog.pg_control_system() c)::text AS "SystemIdentifier",
       pg_catalog.pg_current_wal_lsn()::text AS "Lsn",
       ('x' || pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8))::bit(32)::int AS "Timeline",
       pg_catalog.pg_postmaster_start_time() AS "Started"
WHERE NOT pg_catalog.pg_is_in_recovery()
