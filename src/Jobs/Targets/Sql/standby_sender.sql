-- what the primary knows of a standby: by the slot that it uses, else by the name that it gives itself
SELECT CASE WHEN @Slot::text IS NULL THEN NULL
            WHEN s.slot_name IS NULL THEN 'missing'
            WHEN s.wal_status = 'lost' THEN 'lost'
            WHEN s.active THEN 'active' ELSE 'unused' END,
       (SELECT r.sync_state FROM pg_catalog.pg_stat_replication r
        WHERE r.pid = s.active_pid OR (s.active_pid IS NULL AND r.application_name = @Name) ORDER BY r.pid LIMIT 1),
       coalesce(s.active, false) OR EXISTS (SELECT FROM pg_catalog.pg_stat_replication r
        WHERE r.application_name IS NULL OR r.application_name IN (@Name, coalesce(@Cluster::text, 'walreceiver')))
FROM (SELECT) AS one LEFT JOIN pg_catalog.pg_replication_slots s ON s.slot_name = @Slot::text
