-- One appender at a time, until its transaction ends: two would both continue the same link.
SELECT pg_catalog.pg_advisory_xact_lock(1212498252, 2)
