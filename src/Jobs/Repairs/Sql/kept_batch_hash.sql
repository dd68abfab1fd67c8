-- The hash of a batch once more, from its parts as they are kept now.
SELECT pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.string_agg(pg_catalog.concat_ws(':', p.part, p.action, p.relation, p.attnums, p.rows, p.sha256), ',' ORDER BY p.part), 'UTF8')), 'hex')
FROM healing_quarantine.parts p WHERE p.batch = @batch
