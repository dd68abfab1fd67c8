-- Every index whose order hangs on a collation, as the check counts them: by columns and what is within them, expressions and predicate.
WITH RECURSIVE {hidden}
SELECT c.oid::bigint AS oid, pg_catalog.format('%I.%I', n.nspname, c.relname) AS quoted
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_am am ON am.oid = c.relam
WHERE c.relkind = 'i' AND c.relpersistence <> 't' AND i.indisvalid
  AND (am.amname <> 'hash' OR NOT (SELECT l.collisdeterministic FROM pg_catalog.pg_collation l WHERE l.oid = @collation::oid))
  AND (@collation::oid = ANY (i.indcollation::oid[])
       OR concat(i.indexprs::text, ' ', i.indpred::text) ~ (':inputcollid ' || @collation || '\M')
       OR c.oid IN (SELECT d.of_index FROM hidden d WHERE d.coll = @collation::oid)
       OR EXISTS (SELECT FROM pg_catalog.pg_attribute t JOIN pg_catalog.pg_range r ON t.atttypid IN (r.rngtypid, r.rngmultitypid)
                  WHERE t.attrelid = c.oid AND r.rngcollation = @collation::oid))
ORDER BY c.relpages, c.oid
