-- Every sequence that outlives a session, or those asked for, with what it is made of and what it belongs to.
SELECT c.oid::bigint AS oid, pg_catalog.format('%I.%I', n.nspname, c.relname) AS quoted,
       s.seqmin AS min, s.seqmax AS max, s.seqincrement AS increment, s.seqstart AS start, s.seqcycle AS cycles, s.seqcache AS cache,
       pg_catalog.format_type(s.seqtypid, NULL) AS type,
       c.relpersistence = 'u' AS IsUnlogged,
       pg_catalog.has_sequence_privilege(c.oid, 'SELECT') AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AS IsReadable,
       CASE WHEN t.oid IS NOT NULL THEN pg_catalog.format('%I.%I', tn.nspname, t.relname) END AS OwnerTable,
       pg_catalog.quote_ident(a.attname) AS OwnerColumn,
       own.deptype = 'i' AS IsIdentity,
       d.oid IS NOT NULL AS OwnerHasDefault,
       EXISTS (SELECT FROM pg_catalog.pg_depend u WHERE u.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND u.objid = d.oid
                  AND u.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND u.refobjid = c.oid) AS OwnerDraws
FROM pg_catalog.pg_sequence s
JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_depend own ON own.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND own.objid = c.oid AND own.objsubid = 0
      AND own.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND own.deptype IN ('a', 'i')
LEFT JOIN pg_catalog.pg_class t ON t.oid = own.refobjid
LEFT JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = own.refobjid AND a.attnum = own.refobjsubid
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = own.refobjid AND d.adnum = own.refobjsubid
WHERE c.relpersistence <> 't'
  AND (@sequence::bigint IS NULL OR c.oid::bigint = @sequence::bigint)
ORDER BY c.oid
