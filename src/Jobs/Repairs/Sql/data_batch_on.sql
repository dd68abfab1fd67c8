-- What follows in the same batch is planned as always.
SELECT pg_catalog.set_config('enable_seqscan', 'on', true)
