-- How the database of an incident was when it began and when it ended.
SELECT moment, at, body::text AS body FROM healing.incident_samples WHERE incident_id = @Incident ORDER BY at
