-- Only an index may answer, one after the other. For this transaction only.
SELECT pg_catalog.set_config('enable_seqscan', 'off', true), pg_catalog.set_config('enable_bitmapscan', 'off', true), pg_catalog.set_config('enable_tidscan', 'off', true),
       pg_catalog.set_config('enable_indexonlyscan', 'off', true), pg_catalog.set_config('max_parallel_workers_per_gather', '0', true)
