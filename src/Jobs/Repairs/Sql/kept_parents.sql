-- Rows that chosen ones refer to by a foreign key and that lie in the quarantine still, because the same incident took them.
SELECT pg_catalog.format('%I of %I.%I refers to %s', k.conname, cp.schema_name, cp.table_name,
                         pg_catalog.string_agg(DISTINCT pg_catalog.format('%s.%s.%s', coalesce((b.settings->>'first_batch')::bigint, b.id), pr.part, pg_catalog.translate(pr.place::text, ',()', '.')), ', ')) AS said
FROM healing_quarantine.parts cp
JOIN healing_quarantine.rows cr ON cr.batch = cp.batch AND cr.part = cp.part
JOIN pg_catalog.pg_constraint k ON k.contype = 'f' AND k.conrelid = cp.relation
JOIN healing_quarantine.batches b ON b.ledger = @ledger AND b.incident = @incident AND b.undone_at IS NULL AND b.settings->>'void' IS NULL AND NOT b.id = ANY (@chosen)
-- include: kept_own
JOIN healing_quarantine.parts pp ON pp.batch = b.id AND pp.action = 'deleted'
     AND (pp.relation = k.confrelid OR EXISTS (SELECT FROM pg_catalog.pg_partition_ancestors(pp.relation) AS a WHERE a.relid = k.confrelid))
JOIN healing_quarantine.rows pr ON pr.batch = pp.batch AND pr.part = pp.part
WHERE cp.batch = ANY (@chosen)
  AND NOT EXISTS (
      SELECT FROM unnest(k.conkey, k.confkey) AS x (child, parent)
      JOIN pg_catalog.pg_attribute named ON named.attrelid = k.confrelid AND named.attnum = x.parent
      LEFT JOIN pg_catalog.pg_attribute held ON held.attrelid = pp.relation AND held.attname = named.attname AND NOT held.attisdropped
      WHERE cr.vals[pg_catalog.array_position(cp.attnums, x.child)] IS NULL
         OR cr.vals[pg_catalog.array_position(cp.attnums, x.child)] IS DISTINCT FROM pr.vals[pg_catalog.array_position(pp.attnums, held.attnum)])
GROUP BY k.conname, cp.schema_name, cp.table_name
ORDER BY said
