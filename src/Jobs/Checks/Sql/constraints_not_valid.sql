-- Constraints that were added NOT VALID or, from 18 on, NOT ENFORCED; those that partitions have from their parent are told once.
SELECT t.oid::bigint, pg_catalog.format('%I.%I', n.nspname, t.relname), k.conname::text, 'constraint_not_valid', false,
       pg_catalog.format(CASE WHEN pg_catalog.to_jsonb(k) ->> 'conenforced' = 'false'
               THEN '%I (%s) is NOT ENFORCED: no row is compared with it, neither those from before nor new ones; VALIDATE CONSTRAINT is refused until it is enforced'
               ELSE '%I (%s) was added NOT VALID: rows from before it were never compared; VALIDATE CONSTRAINT does that under a lock that lets others work' END,
           k.conname, pg_catalog.pg_get_constraintdef(k.oid))
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_class t ON t.oid = k.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
WHERE NOT k.convalidated AND k.conparentid = 0 AND k.coninhcount = 0 AND t.relpersistence <> 't' AND t.relkind <> 'f'
  AND k.conrelid <> ALL (@held::bigint[]::oid[])
ORDER BY t.oid, k.conname
