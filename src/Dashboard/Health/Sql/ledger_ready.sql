-- The ledger is there and can be read.
SELECT count(*) FROM healing.identity
