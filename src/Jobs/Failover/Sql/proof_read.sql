-- from another session
SELECT said FROM healing_failover.written WHERE id = @id
