-- One at a time goes on on a host: another one that claims to belongs to a process that is no more.
UPDATE healing.restore_tests SET ended_at = clock_timestamp(), error = 'its process died' WHERE host = @Host AND ended_at IS NULL
