-- The open incident of the same damage, if there is one.
SELECT i.id FROM healing.incidents i WHERE i.fingerprint = @Fingerprint AND i.state NOT IN ('Resolved', 'Closed', 'Undone')
