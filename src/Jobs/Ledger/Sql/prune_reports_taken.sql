-- A report waits on disk for days at most; so long it is known that it was taken in.
DELETE FROM healing.reports_taken WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM healing.reports_taken
    WHERE at < statement_timestamp() - @Age
    ORDER BY at
    LIMIT @Batch FOR UPDATE SKIP LOCKED))
