-- The columns of a foreign key, each beside the one that it refers to, as they are written.
SELECT pg_catalog.quote_ident(ra.attname) AS column, pg_catalog.quote_ident(pa.attname) AS refers_to
FROM pg_catalog.pg_constraint k
CROSS JOIN LATERAL unnest(k.conkey, k.confkey) WITH ORDINALITY AS x (n, f, i)
JOIN pg_catalog.pg_attribute ra ON ra.attrelid = k.conrelid AND ra.attnum = x.n
JOIN pg_catalog.pg_attribute pa ON pa.attrelid = k.confrelid AND pa.attnum = x.f
WHERE k.oid = @oid::oid
ORDER BY x.i
