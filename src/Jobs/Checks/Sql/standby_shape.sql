-- the file and the columns of a table: while they stay, a place and a transaction mean the same row version
SELECT pg_catalog.pg_relation_filenode(@oid::oid)::text || ' ' || pg_catalog.string_agg(pg_catalog.concat_ws(':', a.attnum, a.atttypid, a.atttypmod, a.attisdropped, a.atthasmissing, a.attname), ',' ORDER BY a.attnum)
FROM pg_catalog.pg_attribute a WHERE a.attrelid = @oid::oid AND a.attnum > 0
