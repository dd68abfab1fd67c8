-- A transaction that a concurrent rebuild would have to wait for and that is old already: it holds the table, or a snapshot of this
-- database. A prepared one waits for its coordinator and has no backend.
(SELECT 'backend ' || a.pid
 FROM pg_catalog.pg_stat_activity a
 WHERE a.pid <> pg_catalog.pg_backend_pid()
   AND a.datname = pg_catalog.current_database()
   AND a.backend_type = 'client backend'
   AND a.xact_start < pg_catalog.clock_timestamp() - @age
   AND (a.backend_xmin IS NOT NULL
        OR EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE l.pid = a.pid AND l.relation = @table::oid AND l.granted))
 ORDER BY a.xact_start
 LIMIT 1)
UNION ALL
(SELECT 'the prepared transaction ' || pg_catalog.quote_literal(x.gid)
 FROM pg_catalog.pg_prepared_xacts x
 WHERE x.database = pg_catalog.current_database()
   AND x.prepared < pg_catalog.clock_timestamp() - @age
   AND EXISTS (SELECT FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_locks own ON own.virtualtransaction = l.virtualtransaction
               WHERE own.locktype = 'transactionid' AND own.transactionid = x.transaction AND own.pid IS NULL
                 AND l.pid IS NULL AND l.relation = @table::oid)
 LIMIT 1)
