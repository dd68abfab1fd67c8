-- Incidents of the last ten minutes that began or ended without a sample: later it would show another time.
SELECT i.id, t.name AS target, i.moment
FROM (SELECT o.id, o.target_id, 'start' AS moment, o.opened_at AS at FROM healing.incidents o WHERE o.opened_at > statement_timestamp() - interval '10 minutes'
      UNION ALL
      SELECT c.id, c.target_id, 'end', c.closed_at FROM healing.incidents c WHERE c.closed_at > statement_timestamp() - interval '10 minutes') i
JOIN healing.targets t ON t.id = i.target_id
WHERE t.name = ANY (@Names)
  AND NOT EXISTS (SELECT 1 FROM healing.incident_samples s WHERE s.incident_id = i.id AND s.moment = i.moment AND s.at >= i.at)
ORDER BY i.id, i.moment DESC LIMIT 200
