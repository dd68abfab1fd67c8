-- Written before the target is touched, so that whoever comes after a crash knows whose setting it is.
INSERT INTO healing.protections (target_id, state, token, before, incident_id)
VALUES (@Target, 'setting', @Token, @Before::text, @Incident)
ON CONFLICT (target_id) DO UPDATE SET state = 'setting', token = excluded.token, marked = NULL, before = excluded.before,
    incident_id = excluded.incident_id, since = excluded.since, ended_at = NULL
