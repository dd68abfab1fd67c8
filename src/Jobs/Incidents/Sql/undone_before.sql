-- The incident of the same damage before this one, if what its repair did was undone, or some of its rows were brought back and not taken again.
SELECT i.id FROM healing.incidents i
WHERE i.id = (SELECT max(p.id) FROM healing.incidents p WHERE p.fingerprint = @Fingerprint AND p.id < @Id)
  AND (i.state = 'Undone'
       OR i.state = 'Resolved' AND EXISTS (
           SELECT FROM healing.attempts a
           WHERE a.incident_id = i.id AND a.repair = 'rows_back'
             AND NOT EXISTS (SELECT FROM healing.attempts l WHERE l.incident_id = i.id AND l.number > a.number AND l.repair IN ('rows_again', 'undo_undone'))))
