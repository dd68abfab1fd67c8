-- A piece of a file of the server: needs EXECUTE on pg_read_binary_file.
SELECT pg_catalog.pg_read_binary_file($1, $2, $3, true)
