-- By the severity at opening, as the audit log has it: an incident's own may change, and a counter must not fall.
SELECT t.name AS target, i.kind, a.severity, count(*)::float8 AS value
FROM healing.incidents i
JOIN healing.targets t ON t.id = i.target_id
CROSS JOIN LATERAL (SELECT l.severity FROM healing.audit_log l
    WHERE l.incident_id = i.id AND l.event_type = 'incident.opened' ORDER BY l.id LIMIT 1) a
WHERE i.kind <> ALL (@Outages)
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
