-- The one receipt of an attempt.
SELECT seq, incident_id, attempt, body, previous_hash, hash, at FROM healing.receipts WHERE incident_id = @Incident AND attempt = @Attempt
