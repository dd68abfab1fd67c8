-- The ledger's clock tells which minute it is, so that all workers mean the same.
SELECT clock_timestamp() AS at, date_bin(@Every, clock_timestamp(), timestamptz '2000-01-01 00:00+00') AS slot,
    EXISTS (SELECT 1 FROM healing.samples WHERE slot = date_bin(@Every, clock_timestamp(), timestamptz '2000-01-01 00:00+00')) AS taken
