-- Who keeps the oldest row versions from being removed, the oldest first.
SELECT h.said, h.age::bigint
FROM (
    SELECT pg_catalog.format('the replication slot %s', s.slot_name) AS said, greatest(pg_catalog.age(s.xmin), pg_catalog.age(s.catalog_xmin)) AS age
    FROM pg_catalog.pg_replication_slots s
    UNION ALL
    SELECT pg_catalog.format('the prepared transaction %L of %s', p.gid, p.prepared::timestamptz(0)), pg_catalog.age(p.transaction)
    FROM pg_catalog.pg_prepared_xacts p
    UNION ALL
    SELECT pg_catalog.format('the session %s of %s, in a transaction since %s', a.pid, a.usename, a.xact_start::timestamptz(0)), greatest(pg_catalog.age(a.backend_xmin), pg_catalog.age(a.backend_xid))
    FROM pg_catalog.pg_stat_activity a WHERE a.pid <> pg_catalog.pg_backend_pid() AND a.backend_type <> 'walsender'
    UNION ALL
    SELECT pg_catalog.format('the standby %s by its hot_standby_feedback', r.application_name), pg_catalog.age(r.backend_xmin)
    FROM pg_catalog.pg_stat_replication r) h
WHERE h.age IS NOT NULL
ORDER BY h.age DESC LIMIT 3
