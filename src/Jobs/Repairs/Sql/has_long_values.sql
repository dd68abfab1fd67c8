-- Whether any value of a table lies outside of its row.
SELECT coalesce(pg_catalog.pg_relation_size((SELECT c.reltoastrelid FROM pg_catalog.pg_class c WHERE c.oid = @oid::bigint::oid AND c.reltoastrelid <> 0)), 0) > 0
