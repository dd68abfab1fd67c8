-- From here on every page that changes is written whole to the WAL; tells the file of WAL that the copy begins with.
SELECT pg_catalog.pg_walfile_name(pg_catalog.pg_backup_start(@label, true))
