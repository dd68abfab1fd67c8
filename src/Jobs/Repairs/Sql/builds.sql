-- Somebody else's index builds on the table right now, or waits for its turn to build, rebuild or drop one.
-- A missing right hides the table, then any build of this database counts.
(SELECT p.pid
 FROM pg_catalog.pg_stat_progress_create_index p
 WHERE p.pid <> pg_catalog.pg_backend_pid()
   AND (p.relid = @table::oid OR (p.relid IS NULL AND p.datname = pg_catalog.current_database()))
 LIMIT 1)
UNION ALL
(SELECT l.pid
 FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity s ON s.pid = l.pid
 WHERE l.locktype = 'relation' AND l.pid <> pg_catalog.pg_backend_pid() AND s.backend_type = 'client backend'
   AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
   AND l.relation = @table::oid
   AND l.mode IN ('ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
   AND s.query ~* '\m(re)?index\M'
 LIMIT 1)
