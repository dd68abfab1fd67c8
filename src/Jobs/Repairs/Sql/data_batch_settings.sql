-- Short waits for others, and the parent asked by its index: what a scan has proven an orphan is only saved by a parent that came since.
SELECT pg_catalog.set_config('lock_timeout', '100ms', true), pg_catalog.set_config('row_security', 'off', true), pg_catalog.set_config('jit', 'off', true),
       pg_catalog.set_config('enable_seqscan', 'off', true), pg_catalog.set_config('constraint_exclusion', 'off', true)
