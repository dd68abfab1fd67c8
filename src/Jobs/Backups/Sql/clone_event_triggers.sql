-- What lets the event triggers of a database fire in replica sessions only, of which there are none here: switched off they would look like damage. That itself wakes none.
SELECT pg_catalog.format('ALTER EVENT TRIGGER %I ENABLE REPLICA', e.evtname) FROM pg_catalog.pg_event_trigger e WHERE e.evtenabled IN ('O', 'A') ORDER BY e.evtname
