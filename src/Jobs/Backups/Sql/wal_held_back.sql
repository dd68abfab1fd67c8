-- How much WAL the server keeps for the slot; null without one.
-- One whose WAL is lost already holds nothing back, and serves nobody any more: more than any bound.
SELECT CASE WHEN s.wal_status = 'lost' THEN 9223372036854775807 ELSE pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), s.restart_lsn)::bigint END
FROM pg_catalog.pg_replication_slots s WHERE s.slot_name = @Slot
