-- The end of the chain.
SELECT seq, hash FROM healing.receipts ORDER BY seq DESC LIMIT 1
