-- What Home tells of each target: what is open and in whose hands, and what the last looks said.
SELECT t.name, t.id, max(t.last_seen_at) AS last_seen_at,
    coalesce(i.critical, 0) AS critical, coalesce(i.warning, 0) AS warning, coalesce(i.info, 0) AS info,
    coalesce(i.in_hand, 0) AS in_hand, coalesce(i.waiting, 0) AS waiting, coalesce(i.escalated, 0) AS escalated, coalesce(i.suppressed, 0) AS suppressed,
    c.checks, c.not_able, c.last_look
FROM (SELECT DISTINCT ON (name) * FROM healing.targets ORDER BY name, last_seen_at DESC) t
LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE x.severity = 'critical') AS critical, count(*) FILTER (WHERE x.severity = 'warning') AS warning, count(*) FILTER (WHERE x.severity = 'info') AS info,
        count(*) FILTER (WHERE x.state IN ('Snapshotting', 'Repairing', 'Verifying')) AS in_hand,
        count(*) FILTER (WHERE x.state = 'AwaitingApproval' AND x.approved_by IS NULL) AS waiting,
        count(*) FILTER (WHERE x.state = 'Escalated') AS escalated, count(*) FILTER (WHERE x.state = 'Suppressed') AS suppressed
    FROM healing.incidents x WHERE x.target_id = t.id AND x.state NOT IN ('Resolved', 'Closed', 'Undone')) i ON true
LEFT JOIN LATERAL (
    SELECT count(DISTINCT r.check_name) AS checks, count(DISTINCT r.check_name) FILTER (WHERE r.status IN ('unavailable', 'failed')) AS not_able, max(r.last_success_at) AS last_look
    FROM healing.check_runs r WHERE r.target_id = t.id) c ON true
GROUP BY t.name, t.id, i.critical, i.warning, i.info, i.in_hand, i.waiting, i.escalated, i.suppressed, c.checks, c.not_able, c.last_look
