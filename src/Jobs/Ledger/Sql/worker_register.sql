-- A process that comes again under its id begins anew.
INSERT INTO healing.workers (id, host, pid, version, engine, started_at, heartbeat_at)
VALUES (@Id, @Host, @Pid, @Version, @Engine, clock_timestamp(), clock_timestamp())
ON CONFLICT (id) DO UPDATE SET host = excluded.host, pid = excluded.pid, version = excluded.version, engine = excluded.engine,
    started_at = excluded.started_at, heartbeat_at = excluded.heartbeat_at, stopped_at = NULL
