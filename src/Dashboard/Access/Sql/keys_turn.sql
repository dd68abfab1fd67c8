-- One replica after the other makes keys.
SELECT pg_catalog.pg_advisory_xact_lock(@Turn)
