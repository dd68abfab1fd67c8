-- How each schedule went last, and when it last succeeded; a look into an index each.
SELECT s.id AS recurring_id,
    (SELECT r.ended_at FROM healing.job_runs r WHERE r.recurring_id = s.id AND r.state = 'succeeded' ORDER BY r.ended_at DESC LIMIT 1) AS succeeded_at,
    l.id AS last_id, l.state AS last_state, coalesce(l.ended_at, l.started_at, l.created_at) AS last_at
FROM unnest(@Ids::text[]) AS s(id)
LEFT JOIN LATERAL (
    SELECT r.id, r.state, r.created_at, r.started_at, r.ended_at FROM healing.job_runs r
    WHERE r.recurring_id = s.id ORDER BY r.ended_at DESC NULLS FIRST LIMIT 1) l ON true
