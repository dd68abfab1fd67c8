-- How each incident of the last 30 days ended last; one escalated and then closed by a person still counts as escalated.
SELECT t.name AS target, avg((a.event_type = 'incident.resolved')::int)::float8 AS value
FROM (SELECT DISTINCT ON (incident_id) incident_id, event_type FROM healing.audit_log
      WHERE at > statement_timestamp() - interval '30 days' AND event_type IN ('incident.resolved', 'incident.escalated')
      ORDER BY incident_id, id DESC) a
JOIN healing.incidents i ON i.id = a.incident_id
JOIN healing.targets t ON t.id = i.target_id
WHERE i.kind <> ALL (@Outages)
GROUP BY 1 ORDER BY 1
