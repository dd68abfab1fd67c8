SELECT pg_catalog.quote_literal(pg_catalog.getdatabaseencoding())
