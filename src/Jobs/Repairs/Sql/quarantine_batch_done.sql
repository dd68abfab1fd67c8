-- The batch's own count and hash, over those of its parts.
UPDATE healing_quarantine.batches b
SET rows = k.rows, sha256 = k.hash
FROM (SELECT sum(p.rows)::bigint AS rows,
             pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.string_agg(pg_catalog.concat_ws(':', p.part, p.action, p.relation, p.attnums, p.rows, p.sha256), ',' ORDER BY p.part), 'UTF8')), 'hex') AS hash
      FROM healing_quarantine.parts p WHERE p.batch = @batch) AS k
WHERE b.id = @batch
RETURNING b.rows, b.sha256
