SELECT pg_catalog.pg_get_constraintdef(@oid::bigint::oid)
