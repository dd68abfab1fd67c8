-- The columns of a table and how their values become text: by the output function of the type. A name of a catalogue object may change,
-- its number does not; and the output function of xml leaves out what the text declares of its encoding.
WITH RECURSIVE bases AS (
    SELECT a.attnum, a.atttypid AS typid FROM pg_catalog.pg_attribute a WHERE a.attrelid = @oid::oid AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT b.attnum, t.typbasetype FROM bases b JOIN pg_catalog.pg_type t ON t.oid = b.typid AND t.typtype = 'd'
)
SELECT a.attnum AS number, a.attname::text AS name, pg_catalog.quote_ident(a.attname) AS quoted,
       pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
       a.attgenerated <> '' AS is_generated, a.attidentity = 'a' AS is_identity,
       CASE WHEN t.oid IN ('pg_catalog.regclass'::pg_catalog.regtype, 'pg_catalog.regproc'::pg_catalog.regtype, 'pg_catalog.regprocedure'::pg_catalog.regtype,
                           'pg_catalog.regoper'::pg_catalog.regtype, 'pg_catalog.regoperator'::pg_catalog.regtype, 'pg_catalog.regtype'::pg_catalog.regtype,
                           'pg_catalog.regconfig'::pg_catalog.regtype, 'pg_catalog.regdictionary'::pg_catalog.regtype, 'pg_catalog.regnamespace'::pg_catalog.regtype,
                           'pg_catalog.regrole'::pg_catalog.regtype, 'pg_catalog.regcollation'::pg_catalog.regtype) THEN '::pg_catalog.oid'
            WHEN t.oid = 'pg_catalog.xml'::pg_catalog.regtype THEN '::pg_catalog.text'
            ELSE '' END AS cast
FROM pg_catalog.pg_attribute a
JOIN bases b ON b.attnum = a.attnum
JOIN pg_catalog.pg_type t ON t.oid = b.typid AND t.typtype <> 'd'
WHERE a.attrelid = @oid::oid
ORDER BY a.attnum
