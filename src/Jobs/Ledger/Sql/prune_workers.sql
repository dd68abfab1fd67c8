-- Processes that have not been heard of for long.
DELETE FROM healing.workers WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM healing.workers
    WHERE heartbeat_at < statement_timestamp() - @Age
    LIMIT @Batch FOR UPDATE SKIP LOCKED))
