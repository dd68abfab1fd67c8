-- One migrator at a time in this database, whoever starts it.
SELECT pg_catalog.pg_try_advisory_lock(@Space, 1)
