-- A page of the rows that the repairs of one incident took, by keyset. Each once: what was split, or done again by another batch, is shown there.
SELECT k.first AS batch, p.part, r.place::text AS place, p.action, pg_catalog.format('%I.%I', p.schema_name, p.table_name) AS "table", p.columns, r.vals AS "values", k.taken_at, k.undone_at AS restored_at
FROM (SELECT b.id, coalesce((b.settings->>'first_batch')::bigint, b.id) AS first, b.taken_at, b.undone_at
      FROM healing_quarantine.batches b WHERE b.ledger = @ledger AND b.incident = @incident AND b.replaced_by IS NULL AND b.settings->>'void' IS NULL
-- include: kept_own
      ) AS k
JOIN healing_quarantine.parts p ON p.batch = k.id
JOIN healing_quarantine.rows r ON r.batch = p.batch AND r.part = p.part
WHERE (k.first, p.part, r.place) > (@batch, @part, @place::tid)
ORDER BY k.first, p.part, r.place
LIMIT @most
