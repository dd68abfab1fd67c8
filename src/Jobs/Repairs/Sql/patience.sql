-- Waits briefly for locks, works as long as it takes, and keeps the statement that is logged as it is.
SELECT pg_catalog.set_config('lock_timeout', @lock_timeout, false), pg_catalog.set_config('statement_timeout', '0', false),
       pg_catalog.set_config('idle_in_transaction_session_timeout', '60000', false)
