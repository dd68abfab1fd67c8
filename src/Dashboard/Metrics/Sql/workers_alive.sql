-- A worker beats every few seconds.
SELECT count(*)::float8 AS value FROM healing.workers WHERE stopped_at IS NULL AND heartbeat_at > clock_timestamp() - interval '1 minute'
