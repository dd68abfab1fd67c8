-- A deferred attempt did not count, so its number comes again.
INSERT INTO healing.attempts (incident_id, number, worker, token, repair, started_at)
VALUES (@Id, @Number, @Worker, @Token, @Repair::text, clock_timestamp())
ON CONFLICT (incident_id, number) DO UPDATE
SET worker = excluded.worker, token = excluded.token, repair = excluded.repair, started_at = excluded.started_at,
    ended_at = NULL, outcome = NULL, error = NULL, verification = NULL, plan = NULL, statements = NULL, rows_quarantined = 0, quarantine = NULL
WHERE attempts.outcome = 'deferred'
