-- How many match that it can be done with; the bound is one above what may be done at once, so that a great many are not counted.
SELECT count(*)::int FROM (
SELECT 1
FROM healing.job_runs
WHERE state = ANY (@States) AND
-- include: job_filter
LIMIT @Most) m
