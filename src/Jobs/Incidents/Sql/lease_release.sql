-- Released in order: nothing is left behind for the next holder to end.
UPDATE healing.leases SET holder = NULL, expires_at = NULL, incident_id = NULL, backend_pid = NULL, backend_start = NULL
WHERE resource = @Resource AND holder = @Holder AND token = @Token
