-- A ledger is written to: a standby will not do.
SELECT pg_catalog.pg_is_in_recovery()
