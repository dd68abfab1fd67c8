-- The next link; its number is the one after the head's, by the lock that is held.
INSERT INTO healing.receipts (seq, incident_id, attempt, body, previous_hash, hash, at)
VALUES (@Seq, @Incident, @Attempt, @Body, @PreviousHash, @Hash, @At)
RETURNING seq, incident_id, attempt, body, previous_hash, hash, at
