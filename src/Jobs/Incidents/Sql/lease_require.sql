-- FOR SHARE makes a take-over wait for the end of the write that stands on this token.
SELECT token FROM healing.leases WHERE resource = @Resource AND token = @Token AND holder IS NOT NULL FOR SHARE
