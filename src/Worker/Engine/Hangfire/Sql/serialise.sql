-- Held until this session ends: one process installs, the others find it done.
SELECT pg_catalog.pg_advisory_lock(7203711442)
