-- Whoever is about to end it is waited for, so that the statement after this one sees how it ended.
SELECT id FROM healing.incidents
WHERE fingerprint = @Fingerprint AND state NOT IN ('Resolved', 'Closed', 'Undone')
FOR UPDATE
