-- What became of transactions, given as a row names them: with 32 of their 64 bits. NULL: it is too long ago to be known.
-- The newest are behind the end of any snapshot, and known by the lock that each holds on itself while it is open.
SELECT x.id, CASE WHEN x.id IN (1, 2) THEN 'committed' ELSE coalesce(
           CASE WHEN f.whole > 2 THEN pg_catalog.pg_xact_status(f.whole::text::pg_catalog.xid8) END,
           (SELECT 'in progress' FROM pg_catalog.pg_locks l
            WHERE l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock' AND l.granted AND l.transactionid::text::bigint = x.id LIMIT 1)) END AS status
FROM pg_catalog.unnest(@ids::bigint[]) AS x (id)
CROSS JOIN (SELECT pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::bigint AS next) AS n
CROSS JOIN LATERAL (SELECT ((n.next >> 32) << 32 | x.id) - CASE WHEN ((n.next >> 32) << 32 | x.id) >= n.next THEN 4294967296 ELSE 0 END AS whole) AS f
