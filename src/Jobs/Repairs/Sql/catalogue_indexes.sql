-- the B-trees of the catalogue, of this database and shared ones, which a rebuild of all of it has built anew
SELECT c.oid::bigint
FROM pg_catalog.pg_class c
WHERE c.relnamespace = 'pg_catalog'::pg_catalog.regnamespace AND c.relkind = 'i' AND c.relam = (SELECT a.oid FROM pg_catalog.pg_am a WHERE a.amname = 'btree')
ORDER BY c.oid
