-- Every scheduler looks into the store at once.
SELECT pg_catalog.pg_notify('healing_quartz', '')
