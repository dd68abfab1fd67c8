-- Healed against handed to a person, by the day on which that happened; a person's closing does not undo an escalation.
SELECT t.name AS target,
    count(*) FILTER (WHERE i.state = 'Resolved' AND i.closed_at > clock_timestamp() - interval '30 days') AS resolved,
    count(*) FILTER (WHERE EXISTS (
        SELECT 1 FROM healing.audit_log a
        WHERE a.incident_id = i.id AND a.event_type = 'incident.escalated' AND a.at > clock_timestamp() - interval '30 days'
          AND i.state <> 'Resolved')) AS escalated
FROM healing.incidents i JOIN healing.targets t ON t.id = i.target_id
WHERE i.state_since > clock_timestamp() - interval '30 days' OR i.state = 'Escalated'
GROUP BY t.name ORDER BY t.name
