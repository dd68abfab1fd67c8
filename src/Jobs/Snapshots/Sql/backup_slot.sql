-- Keeps all WAL from now on until this session ends.
SELECT slot_name::text FROM pg_catalog.pg_create_physical_replication_slot(('healing_' || pg_catalog.pg_backend_pid())::name, true, true)
