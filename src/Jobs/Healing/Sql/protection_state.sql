-- How it stands now.
INSERT INTO healing.protections (target_id, state, token, marked, incident_id, ended_at)
VALUES (@Target, @State, @Token, @Marked::boolean, @Incident::bigint, CASE WHEN @State IN ('lifted', 'left') THEN clock_timestamp() END)
ON CONFLICT (target_id) DO UPDATE SET state = excluded.state, marked = excluded.marked,
    incident_id = coalesce(excluded.incident_id, protections.incident_id), ended_at = excluded.ended_at, problem = NULL
