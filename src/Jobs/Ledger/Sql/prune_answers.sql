-- Answers whose time is over.
DELETE FROM healing.answers WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM healing.answers
    WHERE at < statement_timestamp() - @Age
    ORDER BY at
    LIMIT @Batch FOR UPDATE SKIP LOCKED))
