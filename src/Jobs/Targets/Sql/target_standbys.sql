-- who receives from this server; base backups are no standbys
SELECT coalesce(r.application_name, '')::text AS "Name", pg_catalog.host(r.client_addr) AS "Address", r.state::text AS "State", r.sync_state::text AS "Sync",
    CASE WHEN NOT pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), r.replay_lsn)::bigint END AS "LagBytes"
FROM pg_catalog.pg_stat_replication r
WHERE r.state IS DISTINCT FROM 'backup'
ORDER BY 1
