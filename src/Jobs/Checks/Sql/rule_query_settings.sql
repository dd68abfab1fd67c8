-- The owner's own query: it sees what the role sees, under the role's own path, and can write nothing.
SELECT pg_catalog.quote_ident(pg_catalog.current_database()), pg_catalog.set_config('transaction_read_only', 'on', true), pg_catalog.set_config('statement_timeout', '5min', true)
