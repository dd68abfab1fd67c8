-- Whether the server itself bounds what a slot holds back, also while nobody is there to drop it.
SELECT pg_catalog.current_setting('max_slot_wal_keep_size') <> '-1'
