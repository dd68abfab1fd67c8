-- What was switched off for one query is again as the session has it.
SELECT pg_catalog.set_config(s.name, s.reset_val, true) FROM pg_catalog.pg_settings s
WHERE s.name IN ('enable_indexscan', 'enable_indexonlyscan', 'enable_bitmapscan', 'enable_tidscan')
