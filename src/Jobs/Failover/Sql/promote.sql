-- returns true when the server has left recovery
SELECT pg_catalog.pg_promote(true, @seconds)
