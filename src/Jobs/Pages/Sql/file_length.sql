-- The length of a file of the server, null where it is missing: needs EXECUTE on pg_stat_file.
SELECT (pg_catalog.pg_stat_file($1, true)).size
