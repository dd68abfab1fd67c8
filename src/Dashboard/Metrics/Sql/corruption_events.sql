-- By the severity at opening, as the audit log has it: an incident's own may change, and a counter must not fall.
SELECT t.name AS target, i.kind, a.severity, count(*)::float8 AS value
FROM (SELECT DISTINCT ON (l.incident_id) l.incident_id, l.severity FROM healing.audit_log l WHERE l.event_type = 'incident.opened' ORDER BY l.incident_id, l.id) a
JOIN healing.incidents i ON i.id = a.incident_id
JOIN healing.targets t ON t.id = i.target_id
WHERE i.kind <> ALL (@Outages)
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
