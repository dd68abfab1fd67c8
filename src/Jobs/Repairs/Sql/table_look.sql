-- A table as it is now, by its oid, and what our session may do to it.
SELECT c.oid::bigint AS "Oid",
       pg_catalog.format('%I.%I', n.nspname, c.relname) AS "Quoted",
       c.relkind::text AS "Kind",
       coalesce(m.oid, c.oid) < 16384 AS "IsCatalog",
       c.relpersistence = 't' AS "IsTemporary",
       c.relpages::bigint AS "Pages",
       pg_catalog.pg_relation_size(c.oid) / 8192 AS "Blocks",
       nullif(c.reltoastrelid, 0)::bigint AS "ToastOid",
       m.oid::bigint AS "MainOid",
       pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(c.relowner)) AS "Owner",
       pg_catalog.pg_has_role(c.relowner, 'USAGE') AS "IsOwned",
       pg_catalog.pg_has_role(c.relowner, 'USAGE')
           OR CASE WHEN pg_catalog.current_setting('server_version_num')::int >= 170000 THEN pg_catalog.has_table_privilege(c.oid, 'MAINTAIN') ELSE false END AS "IsOurs",
       pg_catalog.has_table_privilege(c.oid, 'SELECT') AS "MayRead",
       c.relrowsecurity AND c.relforcerowsecurity AS "HidesRows",
       (SELECT pg_catalog.quote_ident(e.extname) FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
        WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = coalesce(m.oid, c.oid) AND d.objsubid = 0
          AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.deptype = 'e') AS "Extension"
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_class m ON c.relkind = 't' AND m.reltoastrelid = c.oid
WHERE c.oid = @oid::bigint::oid AND c.relkind IN ('r', 'm', 't')
