-- The server's own counters of this database, since they were last reset.
SELECT pg_catalog.jsonb_build_object(
    'commits', xact_commit, 'rollbacks', xact_rollback, 'blocks_read', blks_read, 'blocks_hit', blks_hit,
    'deadlocks', deadlocks, 'temp_files', temp_files, 'temp_bytes', temp_bytes,
    'checksum_failures', checksum_failures, 'wraparound_age', (SELECT pg_catalog.age(datfrozenxid) FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()),
    'since', stats_reset)::text
FROM pg_catalog.pg_stat_database WHERE datname = pg_catalog.current_database()
