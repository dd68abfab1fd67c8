-- Which backend a successor would have to end, by pid and start together.
UPDATE healing.leases SET backend_pid = @Pid, backend_start = @Start::timestamptz
WHERE resource = @Resource AND holder = @Holder AND token = @Token
