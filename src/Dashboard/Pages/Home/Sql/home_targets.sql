-- What Home tells of each target: what is open and in whose hands, and what the last looks said; what is open is read once for all of them.
WITH open_now AS (
    SELECT x.target_id, count(*) FILTER (WHERE x.severity = 'critical') AS critical, count(*) FILTER (WHERE x.severity = 'warning') AS warning, count(*) FILTER (WHERE x.severity = 'info') AS info,
        count(*) FILTER (WHERE x.state IN ('Snapshotting', 'Repairing', 'Verifying')) AS in_hand,
        count(*) FILTER (WHERE x.state = 'AwaitingApproval' AND x.approved_by IS NULL) AS waiting,
        count(*) FILTER (WHERE x.state = 'Escalated') AS escalated, count(*) FILTER (WHERE x.state = 'Suppressed') AS suppressed
    FROM healing.incidents x WHERE x.state NOT IN ('Resolved', 'Closed', 'Undone') GROUP BY x.target_id),
looks AS (
    SELECT target_id, count(*) AS checks, count(*) FILTER (WHERE not_able) AS not_able, max(last_success_at) AS last_look
    FROM (SELECT r.target_id, r.check_name, bool_or(r.status IN ('unavailable', 'failed')) AS not_able, max(r.last_success_at) AS last_success_at FROM healing.check_runs r GROUP BY 1, 2) c
    GROUP BY target_id)
SELECT t.name, t.id, t.last_seen_at,
    coalesce(i.critical, 0) AS critical, coalesce(i.warning, 0) AS warning, coalesce(i.info, 0) AS info,
    coalesce(i.in_hand, 0) AS in_hand, coalesce(i.waiting, 0) AS waiting, coalesce(i.escalated, 0) AS escalated, coalesce(i.suppressed, 0) AS suppressed,
    coalesce(c.checks, 0) AS checks, coalesce(c.not_able, 0) AS not_able, c.last_look
FROM (SELECT DISTINCT ON (name) * FROM healing.targets ORDER BY name, last_seen_at DESC) t
LEFT JOIN open_now i ON i.target_id = t.id
LEFT JOIN looks c ON c.target_id = t.id
