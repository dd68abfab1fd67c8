-- Twin constraints that a predecessor left behind, of one table or of all: nobody else proves anything here while we hold the target's lock.
SELECT pg_catalog.format('ALTER TABLE %I.%I DROP CONSTRAINT IF EXISTS %I', n.nspname, c.relname, k.conname)
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE (@table::bigint IS NULL OR k.conrelid = @table::bigint::oid) AND k.conname ~ '^healing_twin_[0-9]+$' AND k.conparentid = 0 AND k.coninhcount = 0
ORDER BY k.oid
