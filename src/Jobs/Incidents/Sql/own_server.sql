-- Which server this is: copies of one have its identifier, and not the time of its start.
SELECT c.system_identifier || ' ' || extract(epoch FROM pg_catalog.pg_postmaster_start_time()) FROM pg_catalog.pg_control_system() c
