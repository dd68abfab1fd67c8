-- Whether the whole server was started since, and not only its backends anew.
SELECT pg_catalog.pg_postmaster_start_time() > @start
