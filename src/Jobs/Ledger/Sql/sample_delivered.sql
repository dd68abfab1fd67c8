-- After the delivery and not before: what is sent twice has its id, what is not sent is lost.
UPDATE healing.sample_exports
SET cursor = greatest(cursor, @Cursor), delivered = delivered + @Count, delivered_at = clock_timestamp(), problem = NULL,
    missed = greatest(missed - @Missed, 0), missed_from = CASE WHEN missed > @Missed THEN missed_from END, missed_to = CASE WHEN missed > @Missed THEN missed_to END
WHERE place = @Place
