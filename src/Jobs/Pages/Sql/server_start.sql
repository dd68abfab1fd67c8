-- When the server started, in whole seconds, to be compared with its own postmaster.pid.
SELECT pg_catalog.floor(extract(epoch FROM pg_catalog.pg_postmaster_start_time()))::bigint
