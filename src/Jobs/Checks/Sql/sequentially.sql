-- The table itself answers with all its rows or with an error, never an index of it; what the session is told lasts for this transaction only.
SELECT pg_catalog.set_config('enable_indexscan', 'off', true), pg_catalog.set_config('enable_indexonlyscan', 'off', true),
       pg_catalog.set_config('enable_bitmapscan', 'off', true), pg_catalog.set_config('enable_tidscan', 'off', true), pg_catalog.set_config('row_security', 'off', true)
