-- What a scan of a page reads, which believes the page that all in it is visible. The values are not touched. {table} is the quoted name.
SELECT t.ctid::text AS tid, t.xmin::text::bigint AS xmin, t.xmax::text::bigint AS xmax
FROM ONLY {table} t
WHERE t.ctid >= @low::pg_catalog.tid AND t.ctid <= @high::pg_catalog.tid
