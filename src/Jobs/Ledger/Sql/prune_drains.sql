-- Orders for single workers that are long gone; those for hosts stay until somebody takes them back.
DELETE FROM healing.drains WHERE ctid = ANY (ARRAY(
    SELECT d.ctid FROM healing.drains d
    WHERE d.scope = 'worker' AND d.at < statement_timestamp() - @Age AND NOT EXISTS (SELECT 1 FROM healing.workers w WHERE w.id = d.name)
    LIMIT @Batch FOR UPDATE OF d SKIP LOCKED))
