-- The chain in order, a page at a time.
SELECT seq, incident_id, attempt, body, previous_hash, hash, at FROM healing.receipts WHERE seq > @Seq ORDER BY seq LIMIT @Page
