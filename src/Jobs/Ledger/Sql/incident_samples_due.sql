-- Incidents of the last ten minutes that began or ended without a sample: later it would show another time.
SELECT i.id, t.name AS target, m.moment
FROM healing.incidents i JOIN healing.targets t ON t.id = i.target_id
CROSS JOIN LATERAL (VALUES ('start', i.opened_at), ('end', i.closed_at)) AS m (moment, at)
WHERE m.at > clock_timestamp() - interval '10 minutes' AND t.name = ANY (@Names)
  AND NOT EXISTS (SELECT 1 FROM healing.incident_samples s WHERE s.incident_id = i.id AND s.moment = m.moment AND s.at >= m.at)
ORDER BY i.id, m.moment DESC LIMIT 200
