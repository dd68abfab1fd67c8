-- The control database's clock is the one that the audit log goes by.
SELECT pg_catalog.clock_timestamp();
