-- Every index of a table: what is new after a failed rebuild was made by it.
SELECT i.indexrelid::bigint FROM pg_catalog.pg_index i WHERE i.indrelid = @table::oid
