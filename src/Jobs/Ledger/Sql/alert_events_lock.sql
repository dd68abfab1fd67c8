-- One worker at a time: two would tell of what came later before what came first.
SELECT pg_catalog.pg_try_advisory_xact_lock(1212498252, 4)
