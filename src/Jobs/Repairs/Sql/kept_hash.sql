-- The hash of a part once more, from the rows as they are kept now.
SELECT pg_catalog.encode(pg_catalog.sha256(coalesce(pg_catalog.string_agg(pg_catalog.sha256(
           pg_catalog.convert_to(pg_catalog.concat(r.place, r.vals, r.vals_after), pg_catalog.getdatabaseencoding())), ''::bytea ORDER BY r.place), ''::bytea)), 'hex')
FROM healing_quarantine.rows r WHERE r.batch = @batch AND r.part = @part
