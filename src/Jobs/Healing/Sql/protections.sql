-- Every target that is or was protected.
SELECT p.target_id, p.state, p.incident_id, p.since, p.ended_at, p.problem FROM healing.protections p ORDER BY p.target_id
