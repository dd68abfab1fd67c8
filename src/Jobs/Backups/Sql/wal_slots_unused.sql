-- Slots by these names that nobody reads.
SELECT s.slot_name::text FROM pg_catalog.pg_replication_slots s WHERE s.slot_name = ANY (@Names) AND s.slot_type = 'physical' AND NOT s.active
