-- Thirty days in one reading: what was found and what was healed on each of them, how much of it without a person, and what came to one.
WITH ended AS (
    SELECT i.closed_at, i.state,
        i.approved_by IS NULL AND NOT EXISTS (SELECT 1 FROM healing.audit_log a WHERE a.incident_id = i.id AND a.event_type = 'incident.escalated') AS alone
    FROM healing.incidents i WHERE i.closed_at > now() - interval '31 days' AND i.state IN ('Resolved', 'Closed')),
told AS (
    SELECT (opened_at AT TIME ZONE 'UTC')::date AS day, count(*) AS opened, 0 AS healed, 0 AS alone, 0 AS by_person FROM healing.incidents WHERE opened_at > now() - interval '31 days' GROUP BY 1
    UNION ALL
    SELECT (closed_at AT TIME ZONE 'UTC')::date, 0, count(*) FILTER (WHERE state = 'Resolved'), count(*) FILTER (WHERE state = 'Resolved' AND alone),
        count(*) FILTER (WHERE state = 'Closed' OR NOT alone) FROM ended GROUP BY 1
    UNION ALL
    SELECT (state_since AT TIME ZONE 'UTC')::date, 0, 0, 0, count(*) FROM healing.incidents WHERE state = 'Escalated' AND state_since > now() - interval '31 days' GROUP BY 1)
SELECT d::date::timestamp AS day, coalesce(sum(t.opened), 0) AS opened, coalesce(sum(t.healed), 0) AS healed, coalesce(sum(t.alone), 0) AS alone, coalesce(sum(t.by_person), 0) AS by_person
FROM generate_series((now() AT TIME ZONE 'UTC')::date - 29, (now() AT TIME ZONE 'UTC')::date, interval '1 day') d
LEFT JOIN told t ON t.day = d::date
GROUP BY d ORDER BY d
