-- The ledger's clock, read before it is hashed.
SELECT clock_timestamp()
