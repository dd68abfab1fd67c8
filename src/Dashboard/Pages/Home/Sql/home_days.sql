-- Thirty days in one reading: what was found and what was healed on each of them, and what came to a person.
WITH told AS (
    SELECT (opened_at AT TIME ZONE 'UTC')::date AS day, 1 AS opened, 0 AS healed, 0 AS by_person FROM healing.incidents WHERE opened_at > now() - interval '31 days'
    UNION ALL
    SELECT (closed_at AT TIME ZONE 'UTC')::date, 0, (state = 'Resolved')::int, (state = 'Closed')::int FROM healing.incidents WHERE state IN ('Resolved', 'Closed') AND closed_at > now() - interval '31 days'
    UNION ALL
    SELECT (state_since AT TIME ZONE 'UTC')::date, 0, 0, 1 FROM healing.incidents WHERE state = 'Escalated' AND state_since > now() - interval '31 days')
SELECT d::date::timestamp AS day, coalesce(sum(t.opened), 0) AS opened, coalesce(sum(t.healed), 0) AS healed, coalesce(sum(t.by_person), 0) AS by_person
FROM generate_series((now() AT TIME ZONE 'UTC')::date - 29, (now() AT TIME ZONE 'UTC')::date, interval '1 day') d
LEFT JOIN told t ON t.day = d::date
GROUP BY d ORDER BY d
