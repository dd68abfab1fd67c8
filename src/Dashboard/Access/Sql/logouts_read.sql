-- Sessions that were ended and have not run out by themselves yet.
SELECT session FROM healing.web_logouts WHERE until >= pg_catalog.now()
