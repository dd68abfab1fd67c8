-- Slots of this database, or of the whole server, that nobody reads from.
SELECT s.slot_name::text AS name, s.slot_type AS type, coalesce(greatest(pg_catalog.age(s.xmin), pg_catalog.age(s.catalog_xmin)), 0)::bigint AS xids,
       coalesce(pg_catalog.pg_wal_lsn_diff(w.here, s.restart_lsn), 0)::bigint AS bytes,
       pg_catalog.current_setting('max_slot_wal_keep_size') <> '-1' AS bounded
FROM pg_catalog.pg_replication_slots s
CROSS JOIN LATERAL (SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn() ELSE pg_catalog.pg_current_wal_lsn() END) AS w (here)
WHERE NOT s.active AND NOT s.temporary AND coalesce(s.wal_status <> 'lost', true)
  AND (s.database IS NULL OR s.database = pg_catalog.current_database())
ORDER BY s.slot_name
