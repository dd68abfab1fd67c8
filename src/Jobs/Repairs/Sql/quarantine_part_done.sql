-- How many rows it was, by which statement, and one hash over all of them as they are kept: twenty rows at a time, so that a value of any size has room.
UPDATE healing_quarantine.parts p
SET statement = @statement, rows = k.rows, sha256 = k.hash
FROM (SELECT coalesce(sum(c.rows), 0)::bigint AS rows, pg_catalog.encode(pg_catalog.sha256(coalesce(pg_catalog.string_agg(c.hash, ''::bytea ORDER BY c.n), ''::bytea)), 'hex') AS hash
      FROM (SELECT x.n / 20 AS n, count(*) AS rows,
                   pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.string_agg(pg_catalog.concat(x.place, x.vals, x.vals_after), '' ORDER BY x.place), pg_catalog.getdatabaseencoding())) AS hash
            FROM (SELECT r.place, r.vals, r.vals_after, pg_catalog.row_number() OVER (ORDER BY r.place) - 1 AS n
                  FROM healing_quarantine.rows r WHERE r.batch = @batch AND r.part = @part) AS x
            GROUP BY x.n / 20) AS c) AS k
WHERE p.batch = @batch AND p.part = @part
