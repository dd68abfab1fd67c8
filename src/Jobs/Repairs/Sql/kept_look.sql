-- A page of the rows that the repairs of one incident took, by keyset.
SELECT b.id AS batch, p.part, r.place::text AS place, p.action, pg_catalog.format('%I.%I', p.schema_name, p.table_name) AS "table", p.columns, r.vals AS "values", b.taken_at, b.undone_at AS restored_at
FROM healing_quarantine.batches b
JOIN healing_quarantine.parts p ON p.batch = b.id
JOIN healing_quarantine.rows r ON r.batch = p.batch AND r.part = p.part
WHERE b.ledger = @ledger AND b.incident = @incident
  AND (b.id, p.part, r.place) > (@batch, @part, @place::tid)
ORDER BY b.id, p.part, r.place
LIMIT @most
