-- Where its file is, by the catalogue alone: whoever holds the table is not waited for.
SELECT pg_catalog.pg_relation_filepath(@oid::bigint::oid)
