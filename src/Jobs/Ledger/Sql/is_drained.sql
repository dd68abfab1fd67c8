-- By its own id, or by the host that it said it is on.
SELECT EXISTS (
    SELECT 1 FROM healing.drains d
    WHERE (d.scope = 'worker' AND d.name = @Worker)
       OR (d.scope = 'host' AND d.name = (SELECT w.host FROM healing.workers w WHERE w.id = @Worker)))
