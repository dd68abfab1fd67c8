-- How many rows it was, by which statement, and one hash over all of them as they are kept.
UPDATE healing_quarantine.parts p
SET statement = @statement, rows = k.rows, sha256 = k.hash
FROM (SELECT count(*) AS rows,
             pg_catalog.encode(pg_catalog.sha256(coalesce(pg_catalog.string_agg(pg_catalog.sha256(
                 pg_catalog.convert_to(pg_catalog.concat(r.place, r.vals, r.vals_after), pg_catalog.getdatabaseencoding())), ''::bytea ORDER BY r.place), ''::bytea)), 'hex') AS hash
      FROM healing_quarantine.rows r WHERE r.batch = @batch AND r.part = @part) AS k
WHERE p.batch = @batch AND p.part = @part
RETURNING p.rows, p.sha256
