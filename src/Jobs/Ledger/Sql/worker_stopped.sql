-- A goodbye, so that nobody waits for its silence.
UPDATE healing.workers SET stopped_at = clock_timestamp() WHERE id = @Id
