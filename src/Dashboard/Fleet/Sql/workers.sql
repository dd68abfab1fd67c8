-- Processes of the fleet: those that live, and with them those that went within a day where all are wanted.
SELECT id, host, pid, version, engine, started_at, heartbeat_at, stopped_at, heartbeat_at <= clock_timestamp() - @Silence AS silent
FROM healing.workers
WHERE (stopped_at IS NULL AND heartbeat_at > clock_timestamp() - @Silence)
   OR (@All AND heartbeat_at > clock_timestamp() - @Gone)
ORDER BY stopped_at IS NOT NULL, started_at DESC, id
LIMIT 500
