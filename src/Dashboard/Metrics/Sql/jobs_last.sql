-- When each recurring job last succeeded, else since when it could have; one that runs now or rests is not late.
SELECT r.id, coalesce(s.ended_at, (SELECT created_at FROM healing.identity)) AS since,
    EXISTS (SELECT FROM healing.job_runs WHERE recurring_id = r.id AND state = 'running')
    OR EXISTS (SELECT FROM healing.schedule_pauses p WHERE p.id = r.id) AS excused
FROM unnest(@Ids) AS r (id)
LEFT JOIN LATERAL (SELECT ended_at FROM healing.job_runs WHERE recurring_id = r.id AND state = 'succeeded' ORDER BY ended_at DESC LIMIT 1) s ON true
