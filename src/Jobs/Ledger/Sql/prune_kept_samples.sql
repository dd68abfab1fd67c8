-- What a warehouse has not had yet goes too: it is counted, so that the warehouse can be told what it will never get.
WITH gone AS (
    SELECT id, at FROM healing.samples WHERE at < statement_timestamp() - @Age ORDER BY at LIMIT @Batch FOR UPDATE SKIP LOCKED
), told AS (
    UPDATE healing.sample_exports e
    SET missed = e.missed + m.count, missed_from = least(e.missed_from, m.first), missed_to = greatest(e.missed_to, m.last)
    FROM (SELECT x.place, count(*) AS count, min(g.at) AS first, max(g.at) AS last FROM gone g JOIN healing.sample_exports x ON g.id > x.cursor GROUP BY x.place) m
    WHERE e.place = m.place
)
DELETE FROM healing.samples WHERE id IN (SELECT id FROM gone)
