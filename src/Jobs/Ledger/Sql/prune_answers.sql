-- Answers whose time is over.
DELETE FROM healing.answers WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM healing.answers
    WHERE at < clock_timestamp() - @Age
    LIMIT @Batch FOR UPDATE SKIP LOCKED))
