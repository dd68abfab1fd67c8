-- Words beyond ASCII can only be sent to a database that has them.
SELECT pg_catalog.getdatabaseencoding()::text
