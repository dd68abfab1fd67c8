-- What belongs to a sequence and would go with it: its owner, rights and comment, and who else depends on it.
SELECT r.rolname::text AS owner, pg_catalog.quote_ident(r.rolname) AS OwnerQuoted, pg_catalog.quote_ident(c.relname) AS name,
       pg_catalog.pg_has_role(c.relowner, 'USAGE') AS IsOurs,
       pg_catalog.quote_literal(pg_catalog.obj_description(c.oid, 'pg_class')) AS comment,
       c.relacl IS NOT NULL AS HasRights,
       ARRAY(SELECT pg_catalog.format('GRANT %s ON SEQUENCE %I.%I TO %s%s', a.privilege_type, n.nspname, c.relname,
                       CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END,
                       CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END) AS statement
             FROM pg_catalog.aclexplode(c.relacl) a ORDER BY statement) AS grants,
       CASE WHEN own.deptype = 'i' THEN i.attidentity::text END AS identity,
       EXISTS (SELECT FROM pg_catalog.pg_seclabel l WHERE l.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND l.objoid = c.oid) AS HasLabels,
       (SELECT e.extname::text FROM pg_catalog.pg_depend x JOIN pg_catalog.pg_extension e ON e.oid = x.refobjid
        WHERE x.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND x.objid = c.oid AND x.deptype = 'e' LIMIT 1) AS extension,
       (SELECT pg_catalog.string_agg(pg_catalog.pg_describe_object(x.classid, x.objid, x.objsubid), ', ') FROM pg_catalog.pg_depend x
        WHERE x.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND x.refobjid = c.oid
          AND x.classid NOT IN ('pg_catalog.pg_attrdef'::pg_catalog.regclass, 'pg_catalog.pg_type'::pg_catalog.regclass)) AS others
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_roles r ON r.oid = c.relowner
LEFT JOIN pg_catalog.pg_depend own ON own.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND own.objid = c.oid AND own.objsubid = 0
      AND own.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND own.deptype IN ('a', 'i')
LEFT JOIN pg_catalog.pg_attribute i ON i.attrelid = own.refobjid AND i.attnum = own.refobjsubid
WHERE c.oid = @sequence::bigint::oid
