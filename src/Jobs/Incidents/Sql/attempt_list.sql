-- All attempts of an incident, in order.
SELECT incident_id, number, worker, token, started_at, ended_at, outcome, repair, plan::text AS plan, statements::text AS statements, rows_quarantined, quarantine::text AS quarantine, verification, error
FROM healing.attempts WHERE incident_id = @Id ORDER BY number
