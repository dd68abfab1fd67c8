-- Why it cannot be done; a new problem is told, the same one is not told again.
INSERT INTO healing.protections (target_id, state, token, incident_id, problem)
VALUES (@Target, 'lifted', '', @Incident::bigint, @Problem)
ON CONFLICT (target_id) DO UPDATE SET problem = excluded.problem
WHERE protections.problem IS DISTINCT FROM excluded.problem
