-- What a column would say to a value, or to none.
SELECT a.attname::text AS name, pg_catalog.quote_ident(a.attname) AS quoted, b.typname::text AS type, b.typcategory::text AS category,
       a.attnotnull OR (t.typtype = 'd' AND t.typnotnull) AS not_null,
       a.atthasdef OR a.attidentity <> '' AS has_default, a.attgenerated <> '' OR a.attidentity = 'a' AS takes_none
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
JOIN pg_catalog.pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
WHERE a.attrelid = @table::bigint::oid AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
