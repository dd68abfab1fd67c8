-- An undo is an attempt of its own: it has a number, statements and a receipt.
INSERT INTO healing.attempts (incident_id, number, worker, token, started_at, ended_at, outcome, repair, statements, verification, rows_quarantined, quarantine)
VALUES (@Id, @Number, @Worker, @Token, clock_timestamp(), clock_timestamp(), 'succeeded', @Repair, @Statements::jsonb, @Verification, @Rows, @Quarantine::jsonb)
