-- The table answers by place, with all its rows or with an error; an index of it, maybe the very one that is doubted, never does. For this transaction only.
SELECT pg_catalog.set_config('enable_indexscan', 'off', true), pg_catalog.set_config('enable_indexonlyscan', 'off', true),
       pg_catalog.set_config('enable_bitmapscan', 'off', true), pg_catalog.set_config('row_security', 'off', true)
