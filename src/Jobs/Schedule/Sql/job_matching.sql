-- The runs that match and that it can be done with, the oldest first; the bound is one above what may be done at once.
SELECT id
FROM healing.job_runs
WHERE state = ANY (@States) AND
-- include: job_filter
ORDER BY id
LIMIT @Most
