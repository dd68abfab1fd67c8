-- Two workers that find the same damage at once open one incident: the partial unique index decides.
-- What was resolved while the check still looked is no news. Found again, an escalated or suppressed one is only counted, and one in hand keeps what its repair was planned by.
-- The mark of what was only ever seen at a standby goes for good once the primary shows it too.
INSERT INTO healing.incidents (target_id, fingerprint, kind, severity, check_name, object_oid, object, detail, evidence, repair, risk,
    state, attempts_allowed, trace_parent, opened_at, last_seen_at, state_since)
SELECT @Target, @Fingerprint, @Kind, @Severity, @Check, @ObjectOid, @Object, @Detail,
    @Evidence::jsonb || CASE WHEN @FromStandby THEN '{"seen_at_standby": true}'::jsonb ELSE '{}'::jsonb END, @Repair::text, @Risk::text,
    'Detected', @AttemptsAllowed, @TraceParent::text, clock_timestamp(), least(clock_timestamp(), coalesce(@SeenAt::timestamptz, clock_timestamp())), clock_timestamp()
WHERE NOT EXISTS (SELECT 1 FROM healing.incidents r WHERE r.fingerprint = @Fingerprint AND r.state = 'Resolved' AND r.closed_at > @LookedFrom::timestamptz)
ON CONFLICT (fingerprint) WHERE state NOT IN ('Resolved', 'Closed', 'Undone') DO UPDATE
SET last_seen_at = greatest(incidents.last_seen_at, excluded.last_seen_at),
    seen_count = incidents.seen_count + 1,
    clean_checks = 0,
    severity = CASE WHEN incidents.state IN ('Detected', 'AwaitingApproval', 'AwaitingWindow') THEN excluded.severity ELSE incidents.severity END,
    object_oid = CASE WHEN incidents.state IN ('Detected', 'AwaitingApproval', 'AwaitingWindow') THEN excluded.object_oid ELSE incidents.object_oid END,
    detail = CASE WHEN incidents.state IN ('Detected', 'AwaitingApproval', 'AwaitingWindow') THEN excluded.detail ELSE incidents.detail END,
    evidence = CASE WHEN incidents.state IN ('Detected', 'AwaitingApproval', 'AwaitingWindow')
        THEN CASE WHEN incidents.evidence ->> 'seen_at_standby' IS NULL THEN excluded.evidence - 'seen_at_standby' ELSE excluded.evidence END
        ELSE incidents.evidence END,
    repair = CASE WHEN incidents.state = 'Detected' THEN excluded.repair ELSE incidents.repair END,
    risk = CASE WHEN incidents.state = 'Detected' THEN excluded.risk ELSE incidents.risk END
RETURNING id,
    -- a fresh row has no deleter or locker
    (xmax = 0) AS opened,
    (state = 'Suppressed' AND due_at IS NOT NULL AND due_at <= clock_timestamp()) AS suppression_ended,
    (due_at IS NULL OR due_at <= clock_timestamp()) AS due
