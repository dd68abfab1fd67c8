-- What the data are is read from the tables themselves: no index, no constraint and no policy of row security may answer in their place.
SELECT pg_catalog.set_config('transaction_read_only', 'on', true),
       pg_catalog.set_config('enable_seqscan', 'on', true), pg_catalog.set_config('enable_tidscan', 'on', true), pg_catalog.set_config('enable_hashjoin', 'on', true),
       pg_catalog.set_config('enable_indexscan', 'off', true), pg_catalog.set_config('enable_indexonlyscan', 'off', true), pg_catalog.set_config('enable_bitmapscan', 'off', true),
       pg_catalog.set_config('enable_nestloop', 'off', true),
       -- to weigh a merge join the planner looks up the ends of indexes, and in a damaged one it may never come back
       pg_catalog.set_config('enable_mergejoin', 'off', true),
       pg_catalog.set_config('constraint_exclusion', 'off', true), pg_catalog.set_config('row_security', 'off', true),
       pg_catalog.set_config('jit', 'off', true), pg_catalog.set_config('work_mem', '64MB', true), pg_catalog.set_config('synchronize_seqscans', 'on', true),
       pg_catalog.set_config('max_parallel_workers_per_gather', CASE WHEN @alone THEN '2' ELSE '0' END, true)
