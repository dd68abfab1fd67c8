-- Collations that an index follows and its own columns do not name: jsonb compares strings by the default one, a composite value by those of its attributes, a range by its own.
keys (of_index, type) AS (
    SELECT DISTINCT i.indexrelid, coalesce(v.atttypid, t.atttypid)
    FROM pg_catalog.pg_index i
    CROSS JOIN LATERAL pg_catalog.unnest(i.indclass::oid[]) WITH ORDINALITY AS k (class, n)
    JOIN pg_catalog.pg_opclass o ON o.oid = k.class
    JOIN pg_catalog.pg_opfamily f ON f.oid = o.opcfamily
    JOIN pg_catalog.pg_am a ON a.oid = f.opfmethod
    JOIN pg_catalog.pg_attribute t ON t.attrelid = i.indexrelid AND t.attnum = k.n
    -- some methods store something else than the column that they order by
    LEFT JOIN pg_catalog.pg_attribute v ON v.attrelid = i.indrelid AND v.attnum = i.indkey[k.n::int - 1]
    WHERE f.oid < 16384
      AND (f.opfname IN ('array_ops', 'range_ops', 'multirange_ops') AND a.amname <> 'hash' OR f.opfname IN ('record_ops', 'jsonb_ops') AND a.amname = 'btree')
), held (key, type, coll) AS (
    SELECT DISTINCT k.type, k.type, 0::oid FROM keys k
    UNION
    SELECT h.key, x.type, x.coll
    FROM held h
    JOIN pg_catalog.pg_type y ON y.oid = h.type
    CROSS JOIN LATERAL (
        SELECT 0::oid, 100::oid WHERE y.oid = 'pg_catalog.jsonb'::pg_catalog.regtype
        UNION ALL
        SELECT y.typbasetype, 0::oid WHERE y.typtype = 'd'
        UNION ALL
        SELECT y.typelem, 0::oid WHERE y.typcategory = 'A'
        UNION ALL
        SELECT m.atttypid, m.attcollation FROM pg_catalog.pg_attribute m
        WHERE y.typtype = 'c' AND m.attrelid = y.typrelid AND m.attnum > 0 AND NOT m.attisdropped
        UNION ALL
        SELECT r.rngsubtype, r.rngcollation FROM pg_catalog.pg_range r WHERE r.rngtypid = y.oid
        UNION ALL
        SELECT r.rngtypid, 0::oid FROM pg_catalog.pg_range r WHERE r.rngmultitypid = y.oid
    ) AS x (type, coll)
), hidden (of_index, coll) AS (
    SELECT k.of_index, h.coll FROM keys k JOIN held h ON h.key = k.type WHERE h.coll <> 0
)
