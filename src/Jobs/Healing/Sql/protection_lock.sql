-- One worker at a time looks at the setting, changes it and tells the ledger: a lock of the session, which outlasts the transaction.
SELECT pg_catalog.pg_advisory_lock(1212498252, 3)
