-- A name in the WAL at which a restore can stop; tells where its record ends.
SELECT pg_catalog.pg_create_restore_point(@name)::text
