-- What the attempt in hand took to quarantine.
UPDATE healing.attempts SET rows_quarantined = @Rows, quarantine = @Quarantine::jsonb
WHERE incident_id = @Id AND number = @Number AND outcome IS NULL
