-- The incident of the same damage before this one, if what its repair did was undone, or rows of it were brought back and neither taken again nor repaired anew.
SELECT i.id FROM healing.incidents i
WHERE i.id = (SELECT max(p.id) FROM healing.incidents p WHERE p.fingerprint = @Fingerprint AND p.id < @Id)
  AND (i.state = 'Undone'
       OR i.state IN ('Resolved', 'Closed') AND EXISTS (
           SELECT FROM healing.attempts a
           WHERE a.incident_id = i.id AND a.repair = 'rows_back'
             AND NOT EXISTS (SELECT FROM healing.attempts l WHERE l.incident_id = i.id AND l.number > a.number AND l.repair IS DISTINCT FROM 'rows_back')))
