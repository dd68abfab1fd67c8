-- A page of incidents, the newest first, by keyset.
SELECT i.id, i.target_id, t.name AS target_name, i.fingerprint, i.kind, i.severity, i.check_name, i.object_oid, i.object, i.detail,
    i.evidence::text AS evidence, i.repair, i.risk, i.state, i.attempts, i.attempts_allowed, i.deferrals, i.deferred_since, i.reason,
    i.approved_by, i.approved_rows, i.due_at, i.opened_at, i.last_seen_at, i.closed_at, i.trace_parent
FROM healing.incidents i JOIN healing.targets t ON t.id = i.target_id
WHERE (@Targets::bigint[] IS NULL OR i.target_id = ANY (@Targets::bigint[]))
  AND (@TargetId::bigint IS NULL OR i.target_id = @TargetId::bigint)
  AND (@State::text IS NULL OR i.state = @State::text)
  AND (@Kind::text IS NULL OR i.kind = @Kind::text)
  AND (@Severity::text IS NULL OR i.severity = @Severity::text)
  AND (@Ids::bigint[] IS NULL OR i.id = ANY (@Ids::bigint[]))
  AND (@Search::text IS NULL OR i.object ILIKE @Search::text OR i.detail ILIKE @Search::text OR i.reason ILIKE @Search::text)
  AND (NOT @OpenOnly OR i.state NOT IN ('Resolved', 'Closed', 'Undone'))
  AND (NOT @NotSuppressed OR i.state <> 'Suppressed')
  AND (@Before::bigint IS NULL OR i.id < @Before::bigint)
ORDER BY i.id DESC
LIMIT least(greatest(@Limit, 1), 1000)
