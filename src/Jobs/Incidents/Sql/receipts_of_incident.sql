-- What was done about one incident.
SELECT seq, incident_id, attempt, body, previous_hash, hash, at FROM healing.receipts WHERE incident_id = @Incident ORDER BY seq
