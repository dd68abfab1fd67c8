-- Where the server keeps a relation; the path is relative to its data directory.
SELECT c.oid::bigint AS oid, pg_catalog.format('%I.%I', n.nspname, c.relname) AS name,
       pg_catalog.pg_relation_filepath(c.oid) AS path, pg_catalog.pg_relation_filenode(c.oid)::bigint AS file_node
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = ANY (@oids::oid[])
ORDER BY c.oid
