-- The table and the columns that a rule names; the array type by which a column's own type compares, where that is the server's and not text.
SELECT c.oid::bigint AS oid, pg_catalog.format('%I.%I', n.nspname, c.relname) AS quoted, c.relkind::text AS kind, c.relpersistence::text AS persistence,
       w.columns, w.numbers, w.types, w.array_types,
       coalesce((SELECT pg_catalog.array_agg(pg_catalog.quote_ident(a.attname) ORDER BY a.attnum)
                 FROM pg_catalog.pg_index i JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
                 WHERE i.indrelid = c.oid AND i.indisprimary), '{}') AS key
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (
    SELECT coalesce(pg_catalog.array_agg(pg_catalog.quote_ident(a.attname) ORDER BY s.place), '{}') AS columns,
           coalesce(pg_catalog.array_agg(a.attnum::int ORDER BY s.place), '{}') AS numbers,
           coalesce(pg_catalog.array_agg(b.typname::text ORDER BY s.place), '{}') AS types,
           coalesce(pg_catalog.array_agg(coalesce(CASE WHEN b.typnamespace = 'pg_catalog'::pg_catalog.regnamespace AND b.typcategory NOT IN ('S', 'E', 'X') THEN
               pg_catalog.format('pg_catalog.%I', (SELECT e.typname FROM pg_catalog.pg_type e WHERE e.oid = b.typarray)) END, '') ORDER BY s.place), '{}') AS array_types
    FROM pg_catalog.unnest(@columns::text[]) WITH ORDINALITY AS s (name, place)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attname = s.name AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    JOIN pg_catalog.pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END) AS w
WHERE c.oid = @oid::bigint::oid
