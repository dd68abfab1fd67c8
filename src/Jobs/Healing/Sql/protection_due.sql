-- Targets whose writes are to be stopped and are not, and those stopped by us that are not to be any more. What a person suppressed stops nobody, and a pause holds what has not begun.
-- One of that name that was seen later is what the name means now: what was known of the one before is only ended.
-- After an end it rests for a minute, so that workers with two configurations do not turn it on and off against each other.
SELECT t.id, t.name, t.system_identifier, t.database_oid, w.incident_id AS incident, p.state, p.token, p.marked, p.before, p.problem, n.later AS "Stale"
FROM healing.targets t
LEFT JOIN healing.protections p ON p.target_id = t.id
CROSS JOIN LATERAL (
    SELECT min(i.id) AS incident_id FROM healing.incidents i
    WHERE t.name = ANY (@Wanted) AND i.target_id = t.id AND i.severity = 'critical' AND i.kind = ANY (@Kinds)
      AND i.state NOT IN ('Resolved', 'Closed', 'Undone', 'Suppressed')) w
CROSS JOIN LATERAL (SELECT EXISTS (SELECT 1 FROM healing.targets o WHERE o.name = t.name AND o.id <> t.id AND (o.last_seen_at, o.id) > (t.last_seen_at, t.id)) AS later) n
WHERE t.name = ANY (@Ours)
  AND (@Only::bigint IS NULL OR t.id = @Only::bigint)
  AND CASE WHEN n.later OR w.incident_id IS NULL THEN p.state IN ('setting', 'set', 'found')
      ELSE coalesce(p.state NOT IN ('set', 'found'), true)
          AND coalesce(p.ended_at < clock_timestamp() - interval '1 minute', true)
          AND NOT EXISTS (SELECT 1 FROM healing.pauses z WHERE z.target_id IN (0, t.id)) END
ORDER BY t.id
