-- Open incidents of a standby, and the primary's of kinds that came to the standby by replication.
SELECT i.id AS "Id", i.kind AS "Kind", i.object AS "Object", i.evidence ->> 'standby' IS NOT NULL AS "Own", i.state = 'Suppressed' AS "Suppressed"
FROM healing.incidents i
WHERE i.target_id = @Target AND i.state NOT IN ('Resolved', 'Closed', 'Undone')
  AND (i.evidence ->> 'standby' = @Standby AND i.kind IN ('standby_corrupt', 'standby_differs', 'standby_wrong')
       OR i.evidence ->> 'standby' IS NULL AND i.kind = ANY (@Replicated))
ORDER BY i.id
