-- A ledger at an older revision has no memory of reports.
SELECT pg_catalog.to_regclass('healing.reports_taken') IS NOT NULL
