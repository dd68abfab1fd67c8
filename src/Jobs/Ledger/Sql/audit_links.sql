-- A page of the chain with the entries that it is about, to be hashed once more by us and not by the ledger.
SELECT c.seq, c.audit_id, c.previous_hash, c.hash,
       l.at, l.event_type, l.severity, l.message, l.metadata::text AS metadata, l.actor, l.target_id, l.incident_id
FROM healing.audit_chain c LEFT JOIN healing.audit_log l ON l.id = c.audit_id
WHERE c.seq > @Seq
ORDER BY c.seq
LIMIT @Page
