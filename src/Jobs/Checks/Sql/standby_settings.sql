-- two servers must write the same value in the same letters; for this transaction only
SELECT pg_catalog.set_config('DateStyle', 'ISO, YMD', true), pg_catalog.set_config('IntervalStyle', 'postgres', true), pg_catalog.set_config('TimeZone', 'UTC', true),
       pg_catalog.set_config('extra_float_digits', '3', true), pg_catalog.set_config('bytea_output', 'hex', true), pg_catalog.set_config('lc_monetary', 'C', true),
       pg_catalog.set_config('row_security', 'off', true), pg_catalog.set_config('statement_timeout', '60s', true)
