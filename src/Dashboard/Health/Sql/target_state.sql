-- Whether this server takes writes now; asked, not tried, since nothing is written to a target without need.
SELECT pg_catalog.pg_is_in_recovery() AS in_recovery, pg_catalog.current_setting('transaction_read_only')::bool AS read_only,
    pg_catalog.current_setting('healing.protection', true) IS NOT NULL AS protected
