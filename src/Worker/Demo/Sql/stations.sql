-- The way of one incident through the house: the audit log, the evidence that was kept and the receipt, in the order of their times.
SELECT at, event_type AS name, message, actor FROM healing.audit_log WHERE incident_id = @incident
UNION ALL
SELECT s.taken_at, 'snapshot', pg_catalog.format('%s of %s bytes kept', replace(s.kind, '_', ' '), s.bytes), a.worker
FROM healing.snapshots AS s JOIN healing.attempts AS a ON (a.incident_id, a.number) = (s.incident_id, s.attempt)
WHERE s.incident_id = @incident
UNION ALL
SELECT r.at, 'receipt', pg_catalog.format('receipt %s, hash %s...', r.seq, pg_catalog.left(r.hash, 16)), a.worker
FROM healing.receipts AS r JOIN healing.attempts AS a ON (a.incident_id, a.number) = (r.incident_id, r.attempt)
WHERE r.incident_id = @incident
ORDER BY 1;
