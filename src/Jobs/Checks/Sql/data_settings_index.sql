-- What the indexes say, where there are some: an entry may be left of a row that its table has lost.
SELECT pg_catalog.set_config('transaction_read_only', 'on', true),
       pg_catalog.set_config('enable_seqscan', 'off', true), pg_catalog.set_config('enable_tidscan', 'on', true),
       pg_catalog.set_config('enable_indexscan', 'on', true), pg_catalog.set_config('enable_indexonlyscan', 'on', true), pg_catalog.set_config('enable_nestloop', 'on', true), pg_catalog.set_config('enable_mergejoin', 'off', true),
       pg_catalog.set_config('constraint_exclusion', 'off', true), pg_catalog.set_config('row_security', 'off', true), pg_catalog.set_config('jit', 'off', true), pg_catalog.set_config('statement_timeout', @limit, true)
