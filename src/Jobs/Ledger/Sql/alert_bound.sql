-- What waited too long, and the oldest of a queue that grew too long, is given up; the sinks with how much.
WITH given_up AS (
    UPDATE healing.alerts SET gave_up_at = clock_timestamp(), last_error = 'it waited too long, or too much waited'
    WHERE id IN (
        SELECT id FROM (
            SELECT id, created_at, row_number() OVER (PARTITION BY sink ORDER BY id DESC) AS place
            FROM healing.alerts WHERE delivered_at IS NULL AND gave_up_at IS NULL) waiting
        WHERE created_at < clock_timestamp() - @Keep OR place > @Most)
    RETURNING sink)
SELECT sink, count(*) AS waiting FROM given_up GROUP BY 1
