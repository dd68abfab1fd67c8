-- Who is there: heard of lately and not gone on purpose.
SELECT id, host, pid, version, engine, started_at, heartbeat_at
FROM healing.workers
WHERE stopped_at IS NULL AND heartbeat_at > clock_timestamp() - @Silence
ORDER BY started_at, id
