-- Whoever moves an incident holds its row first, so that two movers come one after the other.
SELECT i.id, i.target_id, t.name AS target_name, i.fingerprint, i.kind, i.severity, i.check_name, i.object_oid, i.object, i.detail,
    i.evidence::text AS evidence, i.repair, i.risk, i.state, i.attempts, i.attempts_allowed, i.deferrals, i.deferred_since, i.reason,
    i.approved_by, i.approved_rows,
    -- an older ledger has no such column
    to_jsonb(i) ->> 'approved_plan' AS approved_plan, i.due_at, i.opened_at, i.last_seen_at, i.closed_at, i.trace_parent
FROM healing.incidents i JOIN healing.targets t ON t.id = i.target_id
WHERE i.id = @Id
FOR UPDATE OF i
