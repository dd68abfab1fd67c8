-- A report waits on disk for days at most; so long it is known that it was taken in.
DELETE FROM healing.reports_taken WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM healing.reports_taken
    WHERE at < clock_timestamp() - @Age
    LIMIT @Batch FOR UPDATE SKIP LOCKED))
