-- Neither a wrongly ordered index nor the promise itself may answer the question whether rows keep it.
SELECT pg_catalog.set_config('enable_indexscan', 'off', true), pg_catalog.set_config('enable_indexonlyscan', 'off', true),
       pg_catalog.set_config('transaction_read_only', 'on', true), pg_catalog.set_config('enable_bitmapscan', 'off', true), pg_catalog.set_config('constraint_exclusion', 'off', true)
