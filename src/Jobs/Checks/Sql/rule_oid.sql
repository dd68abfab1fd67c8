SELECT pg_catalog.to_regclass(@path)::oid::bigint
