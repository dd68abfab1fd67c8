-- Alerts that were sent or given up long ago.
DELETE FROM healing.alerts WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM healing.alerts
    WHERE coalesce(delivered_at, gave_up_at) < statement_timestamp() - @Age
    ORDER BY coalesce(delivered_at, gave_up_at)
    LIMIT @Batch FOR UPDATE SKIP LOCKED))
