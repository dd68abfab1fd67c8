-- What of a row an index holds, in the order of its columns.
SELECT pg_catalog.pg_get_indexdef(@oid::pg_catalog.oid, n, false) FROM pg_catalog.generate_series(1, @count::int) n ORDER BY n
