-- which server answers here, and whether it takes writes
SELECT pg_catalog.pg_is_in_recovery() AS "Recovering", (SELECT c.system_identifier FROM pg_catalog.pg_control_system() c)::text AS "SystemIdentifier", pg_catalog.pg_postmaster_start_time() AS "Started"
