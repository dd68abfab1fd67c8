-- The critical indexes by name; one that is no valid B-tree here has no oid.
SELECT n.name, (
    SELECT i.indexrelid::bigint
    FROM pg_catalog.pg_index i
    JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
    JOIN pg_catalog.pg_am a ON a.oid = c.relam AND a.amname = 'btree'
    WHERE i.indexrelid = pg_catalog.to_regclass(n.name) AND i.indisvalid AND i.indisready) AS oid
FROM pg_catalog.unnest(@Names::text[]) AS n(name)
