-- Primary keys in a circle from where the last look ended, as many as fit; always one, since a large one would never have its turn.
SELECT oid FROM (
    SELECT k.oid, k.place, pg_catalog.sum(k.bytes) OVER (ORDER BY k.place) - k.bytes AS before
    FROM (
        SELECT i.indexrelid::bigint AS oid,
            pg_catalog.row_number() OVER (ORDER BY i.indexrelid::bigint <= @After, i.indexrelid::bigint) AS place,
            pg_catalog.pg_relation_size(i.indexrelid) + pg_catalog.pg_relation_size(i.indrelid) AS bytes
        FROM pg_catalog.pg_index i
        JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
        WHERE i.indisprimary AND i.indisvalid AND i.indisready AND c.relkind = 'i' AND c.relpersistence = 'p'
          -- measuring waits for whoever holds one of them for himself alone
          AND i.indrelid <> ALL (@Held::bigint[]::oid[])
          AND NOT EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE l.locktype = 'relation' AND l.relation = c.oid AND l.mode = 'AccessExclusiveLock'
                          AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()))
    ) k
    WHERE k.bytes IS NOT NULL
) b
WHERE b.before < @Budget
ORDER BY b.place
LIMIT 500
