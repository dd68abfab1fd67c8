-- Which rows are there when each is fetched by its place, which believes each row's own bits. {table} is the quoted name.
SELECT t.ctid::text FROM ONLY {table} t WHERE t.ctid = ANY (@tids::pg_catalog.tid[])
