-- The databases of a restored server, and which of them take no sessions.
SELECT d.datname::text AS name, d.datallowconn AS open FROM pg_catalog.pg_database d WHERE NOT d.datistemplate ORDER BY d.datname
