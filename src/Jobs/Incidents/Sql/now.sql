-- The ledger's clock, which all workers share.
SELECT clock_timestamp()
