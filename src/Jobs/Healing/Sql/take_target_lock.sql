-- One healer a database: a lock of the session, gone with its backend.
SELECT pg_catalog.pg_try_advisory_lock(1212498252, 1)
