-- One that is there already is kept: without it WAL is missed.
SELECT EXISTS (SELECT FROM pg_catalog.pg_replication_slots s WHERE s.slot_name = @Slot)
