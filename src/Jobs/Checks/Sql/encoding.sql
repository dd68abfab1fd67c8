-- The encoding of the database: texts in its files are read by it.
SELECT pg_catalog.quote_literal(pg_catalog.getdatabaseencoding())
