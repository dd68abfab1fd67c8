-- Where chosen rows lie by now, under the names that they were first kept with.
SELECT c.first, b.id AS batch, r.part, r.place::text AS place, b.undone_at IS NOT NULL AS is_back, b.replaced_by, b.attempt
FROM unnest(@firsts, @parts, @places::text[]::tid[]) AS c (first, part, place)
JOIN healing_quarantine.batches b ON coalesce((b.settings->>'first_batch')::bigint, b.id) = c.first
JOIN healing_quarantine.rows r ON r.batch = b.id AND r.part = c.part AND r.place = c.place
WHERE b.ledger = @ledger AND b.incident = @incident AND b.settings->>'split' IS NULL AND b.settings->>'void' IS NULL
-- include: kept_own
