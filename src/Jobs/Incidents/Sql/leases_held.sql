-- Work in hand, expired leases included: those are the ones to be recovered.
SELECT resource, holder, token, acquired_at, expires_at, incident_id, backend_pid, backend_start
FROM healing.leases WHERE holder IS NOT NULL ORDER BY resource
