-- How many pages an index has by its file.
SELECT pg_catalog.pg_relation_size(@oid::oid) / 8192
