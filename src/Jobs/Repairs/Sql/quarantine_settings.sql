-- Under these each type writes its values so that it reads back the same, until the end of the transaction.
SELECT pg_catalog.set_config('datestyle', 'ISO, MDY', true), pg_catalog.set_config('intervalstyle', 'postgres', true),
       pg_catalog.set_config('timezone', 'UTC', true), pg_catalog.set_config('extra_float_digits', '3', true),
       pg_catalog.set_config('bytea_output', 'hex', true), pg_catalog.set_config('lc_monetary', 'C', true),
       pg_catalog.set_config('xmloption', 'content', true), pg_catalog.set_config('row_security', 'off', true),
       pg_catalog.set_config('healing.in_transaction', 'yes', true)
