-- Rows as they stand, with how long ago they were written; in no other order than that of the places.
SELECT t.ctid::text AS place, pg_catalog.age(t.xmin)::bigint AS age, t::text AS said FROM ONLY {0} t WHERE t.ctid = ANY (@places::text[]::tid[])
