-- An incident that was opened again has another end.
INSERT INTO healing.incident_samples (incident_id, moment, at, body) VALUES (@Incident, @Moment, clock_timestamp(), @Body::jsonb)
ON CONFLICT (incident_id, moment) DO UPDATE SET at = excluded.at, body = excluded.body
