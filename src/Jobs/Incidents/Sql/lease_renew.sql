-- A late renewal is good as long as nobody took the lease: the token is still the current one.
UPDATE healing.leases SET expires_at = clock_timestamp() + @Duration
WHERE resource = @Resource AND holder = @Holder AND token = @Token
