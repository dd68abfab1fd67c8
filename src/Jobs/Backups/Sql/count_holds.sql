-- Whether it is the very table, with the very file, that the snapshot sees: TRUNCATE and whatever writes a table anew show old snapshots their new file.
-- The catalogue is read under the snapshot, and the functions tell of now; the count keeps its lock to the end.
SELECT pg_catalog.to_regclass(@Name)::oid = c.oid AND c.relfilenode = pg_catalog.pg_relation_filenode(c.oid)
FROM pg_catalog.pg_class c WHERE c.oid = @Oid::oid
