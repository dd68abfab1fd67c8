-- Which transactions this session's snapshot sees, and how many transactions that write are under way (each holds the lock on its own number to its very end).
SELECT pg_catalog.pg_current_snapshot()::text AS snapshot,
       (SELECT pg_catalog.count(*) FROM pg_catalog.pg_locks l WHERE l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock' AND l.granted) AS writers
