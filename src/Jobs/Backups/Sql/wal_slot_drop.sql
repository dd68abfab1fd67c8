-- Whoever still reads from it is ended first; then the server may throw its WAL away again.
SELECT pg_catalog.pg_terminate_backend(s.active_pid, 5000) FROM pg_catalog.pg_replication_slots s WHERE s.slot_name = @Slot AND s.active;
SELECT pg_catalog.pg_drop_replication_slot(s.slot_name) FROM pg_catalog.pg_replication_slots s WHERE s.slot_name = @Slot;
