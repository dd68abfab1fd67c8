-- Columns of a table whose values are lost, and what may stand in their place; and the column that marks a row for a review.
SELECT a.attnum::int AS "Number", pg_catalog.quote_ident(a.attname) AS "Quoted", a.attnotnull OR t.typnotnull AS "NotNull", a.attgenerated <> '' AS "IsGenerated",
       t.typcategory::text AS "Category", a.atttypid::pg_catalog.regtype::text AS "Type",
       a.attname = 'needs_review' AND a.atttypid = 'pg_catalog.bool'::pg_catalog.regtype AS "IsMark"
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = @oid::bigint::oid AND a.attnum > 0 AND NOT a.attisdropped
