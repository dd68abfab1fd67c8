-- The worst open incidents of each target, however many another one has.
SELECT id FROM (
    SELECT id, row_number() OVER (PARTITION BY target_id ORDER BY CASE severity WHEN 'critical' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END, id DESC) AS n
    FROM healing.incidents WHERE state NOT IN ('Resolved', 'Closed', 'Undone')) w
WHERE n <= @Most
ORDER BY id DESC
