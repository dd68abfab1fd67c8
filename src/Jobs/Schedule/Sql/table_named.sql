-- A table by its name as a person writes it.
SELECT pg_catalog.to_regclass(@Name)::oid::bigint
