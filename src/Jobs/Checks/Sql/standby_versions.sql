-- the row versions of some pages that are seen now: place, who made and who ended it, what it says, and the oldest transaction that still runs
SELECT t.ctid::text AS place, t.xmin::text::bigint AS made, t.xmax::text::bigint AS ended, pg_catalog.md5(ROW(t.*)::text) AS hash,
       (pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())::text::numeric % 4294967296)::bigint AS oldest
FROM ONLY the_table t WHERE t.ctid >= @from::tid AND t.ctid < @until::tid
