-- As the server itself spells it, with every name qualified.
SELECT pg_catalog.pg_get_constraintdef(@oid::bigint::oid)
