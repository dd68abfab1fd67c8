-- The ledger's clock, and what is known by now to be damaged so that others keep away from it: one question before each look.
SELECT clock_timestamp() AS at, d.kind, d.table_oid, d.object_oid
FROM (SELECT 1) AS one
LEFT JOIN (
    SELECT i.kind, coalesce((i.evidence ->> 'table_oid')::bigint, i.object_oid) AS table_oid, i.object_oid
    FROM healing.incidents i WHERE i.target_id = @Target AND i.kind = ANY (@Kinds) AND i.state NOT IN ('Resolved', 'Closed', 'Undone')
    UNION ALL
    -- the fence and not its incident: to reopen that lifts it as well
    SELECT @Deadly, coalesce((m.value ->> 'table')::bigint, (m.value ->> 'oid')::bigint), (m.value ->> 'oid')::bigint
    FROM healing.check_memory m WHERE m.target_id = @Target AND m.topic LIKE 'deadly\_read:%' AND jsonb_typeof(m.value -> 'oid') = 'number'
) AS d ON true
