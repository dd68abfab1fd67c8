-- An index that a message of the server names without its schema.
SELECT c.oid::bigint FROM pg_catalog.pg_class c WHERE c.relname = @name AND c.relkind = 'i' LIMIT 2
