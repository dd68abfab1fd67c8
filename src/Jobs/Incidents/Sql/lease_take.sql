-- A released lease has no backend; what an expired one left is kept for the successor until it records its own.
UPDATE healing.leases
SET holder = @Holder, token = token + 1, acquired_at = clock_timestamp(), expires_at = clock_timestamp() + @Duration, incident_id = @Incident::bigint
WHERE resource = @Resource AND (holder IS NULL OR expires_at <= clock_timestamp())
RETURNING token, backend_pid, backend_start
