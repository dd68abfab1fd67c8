-- Somebody without an engine asked for a run: the workers are to deliver it.
SELECT pg_catalog.pg_notify('healing_requests', '')
