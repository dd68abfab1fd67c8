-- The hash of a part once more, from the rows as they are kept now: twenty rows at a time, so that a value of any size has room.
SELECT pg_catalog.encode(pg_catalog.sha256(coalesce(pg_catalog.string_agg(c.hash, ''::bytea ORDER BY c.n), ''::bytea)), 'hex')
FROM (SELECT x.n / 20 AS n, pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.string_agg(pg_catalog.concat(x.place, x.vals, x.vals_after), '' ORDER BY x.place), pg_catalog.getdatabaseencoding())) AS hash
      FROM (SELECT r.place, r.vals, r.vals_after, pg_catalog.row_number() OVER (ORDER BY r.place) - 1 AS n
            FROM healing_quarantine.rows r WHERE r.batch = @batch AND r.part = @part) AS x
      GROUP BY x.n / 20) AS c
