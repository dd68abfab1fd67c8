-- Evidence is not thrown away while its incident is open, however old it is; nor a shared place while another incident needs it.
SELECT s.id, s.incident_id, s.attempt, s.kind, s.place, s.host, s.bytes, s.sha256, s.manifest::text AS manifest, s.taken_at, s.expires_at, s.removed_at
FROM healing.snapshots s JOIN healing.incidents i ON i.id = s.incident_id
WHERE s.removed_at IS NULL AND s.id > @After AND s.expires_at <= statement_timestamp() AND i.state IN ('Resolved', 'Closed', 'Undone')
  AND NOT EXISTS (SELECT FROM healing.snapshots o JOIN healing.incidents oi ON oi.id = o.incident_id
                  WHERE o.place = s.place AND o.removed_at IS NULL AND o.id <> s.id
                    AND (o.expires_at > clock_timestamp() OR oi.state NOT IN ('Resolved', 'Closed', 'Undone')))
ORDER BY s.id LIMIT least(greatest(@Most, 1), 1000)
