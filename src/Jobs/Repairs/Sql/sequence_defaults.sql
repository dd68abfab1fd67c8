-- The defaults that draw from a sequence, as they are written.
SELECT t.oid::bigint AS TableOid, pg_catalog.format('%I.%I', n.nspname, t.relname) AS table, pg_catalog.quote_ident(a.attname) AS column,
       pg_catalog.pg_get_expr(f.adbin, f.adrelid) AS expression, pg_catalog.pg_has_role(t.relowner, 'USAGE') AS IsOurs, pg_catalog.quote_ident(o.rolname) AS owner
FROM pg_catalog.pg_depend d
JOIN pg_catalog.pg_attrdef f ON d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND f.oid = d.objid
JOIN pg_catalog.pg_class t ON t.oid = f.adrelid
JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
JOIN pg_catalog.pg_roles o ON o.oid = t.relowner
JOIN pg_catalog.pg_attribute a ON a.attrelid = f.adrelid AND a.attnum = f.adnum
WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = @sequence::bigint::oid
ORDER BY t.oid, a.attnum
