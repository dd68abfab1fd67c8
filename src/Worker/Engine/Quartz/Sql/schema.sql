-- Quartz makes its tables and not their schema; many processes may start at once, so the making is serialised.
SELECT pg_catalog.pg_advisory_xact_lock(7203711441);
CREATE SCHEMA IF NOT EXISTS quartz;
