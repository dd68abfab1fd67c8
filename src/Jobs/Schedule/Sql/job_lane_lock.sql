-- Two that claim in the same lane at once would each see it empty.
SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('healing lane ' || job || ' ' || coalesce(target, ''), 0))
FROM healing.job_runs
WHERE id = @Run AND job = ANY (@Lanes)
