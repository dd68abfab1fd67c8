-- The server keeps WAL from now on until it was received.
SELECT pg_catalog.pg_create_physical_replication_slot(@Slot::name, true)
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_replication_slots s WHERE s.slot_name = @Slot)
