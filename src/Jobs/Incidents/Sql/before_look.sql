-- The ledger's clock, and what is known by now to be damaged so that others keep away from it: one question before each look.
SELECT clock_timestamp() AS at, i.kind, coalesce((i.evidence ->> 'table_oid')::bigint, i.object_oid) AS table_oid
FROM (SELECT 1) AS one
LEFT JOIN healing.incidents i ON i.target_id = @Target AND i.kind = ANY (@Kinds) AND i.state NOT IN ('Resolved', 'Closed', 'Undone')
