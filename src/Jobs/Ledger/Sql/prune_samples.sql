-- Samples only; other memory (the order of collations) is what the next check compares with, however old.
DELETE FROM healing.check_memory WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM healing.check_memory
    WHERE topic LIKE 'sample%' AND at < statement_timestamp() - @Age
    LIMIT @Batch FOR UPDATE SKIP LOCKED))
