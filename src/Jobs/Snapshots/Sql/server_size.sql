-- Everything that a copy of the whole server holds, but the WAL that is written meanwhile.
SELECT pg_catalog.sum(pg_catalog.pg_database_size(d.oid))::bigint + 2 * (SELECT s.setting::bigint FROM pg_catalog.pg_settings s WHERE s.name = 'wal_segment_size')
FROM pg_catalog.pg_database d
