-- The table answers by place; an index of it, maybe the very one that is doubted, never does. For this transaction only.
SELECT pg_catalog.set_config('enable_indexscan', 'off', true), pg_catalog.set_config('enable_indexonlyscan', 'off', true),
       pg_catalog.set_config('enable_bitmapscan', 'off', true)
