-- The chosen rows for one piece of a batch, all others for the other.
INSERT INTO healing_quarantine.rows (batch, part, place, vals, place_after, vals_after)
SELECT @piece, r.part, r.place, r.vals, r.place_after, r.vals_after
FROM healing_quarantine.rows r
WHERE r.batch = @batch
  AND EXISTS (SELECT FROM unnest(@parts, @places::text[]::tid[]) AS c (part, place) WHERE c.part = r.part AND c.place = r.place) = @chosen
