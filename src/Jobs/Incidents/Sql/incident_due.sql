-- What somebody should take up: due and in nobody's hand, or left in a hand whose lease ran out or passed on (a crash).
SELECT i.id, i.target_id, t.name AS target_name, i.fingerprint, i.kind, i.severity, i.check_name, i.object_oid, i.object, i.detail,
    i.evidence::text AS evidence, i.repair, i.risk, i.state, i.attempts, i.attempts_allowed, i.deferrals, i.deferred_since, i.reason,
    i.approved_by, i.approved_rows, i.due_at, i.opened_at, i.last_seen_at, i.closed_at, i.trace_parent
FROM healing.incidents i JOIN healing.targets t ON t.id = i.target_id
WHERE (i.due_at IS NULL OR i.due_at <= clock_timestamp())
  -- told already that it is only looked at: a thousand of them stand in nobody's way
  AND NOT (i.state = 'Detected' AND i.reason IS NOT DISTINCT FROM @Left AND t.name = ANY (@Observed)) AND (
    (i.state = 'Detected' AND (i.repair IS NOT NULL OR i.kind = ANY (@Events)
        OR i.severity = 'critical' AND i.kind <> ALL (@Surroundings)
            -- a scalar, so that it is asked for these few alone
            AND (i.kind <> ALL (@Symptoms) OR (
                SELECT count(*) FROM healing.incidents o
                WHERE o.target_id = i.target_id AND o.id <> i.id AND o.repair IS NOT NULL
                  AND (o.state NOT IN ('Resolved', 'Closed', 'Undone', 'Suppressed') OR o.closed_at > i.last_seen_at)
                  AND coalesce((o.evidence ->> 'table_oid')::bigint, o.object_oid) = coalesce((i.evidence ->> 'table_oid')::bigint, i.object_oid)) = 0)))
    OR i.state = 'AwaitingWindow'
    OR (i.state = 'AwaitingApproval' AND i.approved_by IS NOT NULL)
    OR (i.state IN ('Snapshotting', 'Repairing', 'Verifying') AND NOT EXISTS (
        SELECT 1 FROM healing.leases l
        JOIN healing.attempts a ON a.incident_id = i.id AND a.number = i.attempts AND a.token = l.token
        WHERE l.resource = 'target:' || i.target_id AND l.holder IS NOT NULL AND l.expires_at > clock_timestamp())))
ORDER BY CASE i.severity WHEN 'critical' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END, i.due_at NULLS FIRST, i.id
LIMIT least(greatest(@Most, 1), 1000)
