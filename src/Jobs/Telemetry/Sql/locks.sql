-- Locks of this database by mode, and how many wait.
SELECT pg_catalog.jsonb_build_object(
    'held', coalesce(pg_catalog.sum(l.locks) FILTER (WHERE l.granted), 0),
    'waiting', coalesce(pg_catalog.sum(l.locks) FILTER (WHERE NOT l.granted), 0),
    'by_mode', coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('mode', l.mode, 'granted', l.granted, 'locks', l.locks) ORDER BY l.mode, l.granted), '[]'))::text
FROM (SELECT mode, granted, pg_catalog.count(*) AS locks
      FROM pg_catalog.pg_locks
      WHERE database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
        AND pid <> pg_catalog.pg_backend_pid()
      GROUP BY 1, 2) l
