-- Somebody else's index builds on the table right now. A missing right hides the table, then any build of this database counts.
SELECT p.pid
FROM pg_catalog.pg_stat_progress_create_index p
WHERE p.pid <> pg_catalog.pg_backend_pid()
  AND (p.relid = @table::oid OR (p.relid IS NULL AND p.datname = pg_catalog.current_database()))
LIMIT 1
