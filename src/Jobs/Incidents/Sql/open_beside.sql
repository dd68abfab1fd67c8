-- What is open on these tables and indexes beside one incident, however many others there are: of each kind on each object one, first what waits for a person, last what is suppressed.
SELECT DISTINCT ON (i.object_oid, i.kind, (i.evidence->>'table_oid'))
    i.id, i.target_id, t.name AS target_name, i.fingerprint, i.kind, i.severity, i.check_name, i.object_oid, i.object, i.detail,
    i.evidence::text AS evidence, i.repair, i.risk, i.state, i.attempts, i.attempts_allowed, i.deferrals, i.deferred_since, i.reason,
    i.approved_by, i.approved_rows, i.due_at, i.opened_at, i.last_seen_at, i.closed_at, i.trace_parent
FROM healing.incidents i JOIN healing.targets t ON t.id = i.target_id
WHERE i.target_id = @TargetId AND i.id <> @Id AND i.state NOT IN ('Resolved', 'Closed', 'Undone')
  AND (i.object_oid = ANY (@Oids::bigint[]) OR (i.evidence->>'table_oid')::bigint = ANY (@Oids::bigint[]))
ORDER BY i.object_oid, i.kind, (i.evidence->>'table_oid'), CASE i.state WHEN 'Escalated' THEN 0 WHEN 'Suppressed' THEN 2 ELSE 1 END, i.id
