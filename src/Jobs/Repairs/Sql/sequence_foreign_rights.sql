-- The rights on a new sequence that default privileges gave it: they are taken away again.
SELECT pg_catalog.format('REVOKE ALL ON SEQUENCE %I.%I FROM %s', n.nspname, c.relname,
           CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) a
WHERE c.oid = pg_catalog.to_regclass(@sequence) AND (@all::boolean OR a.grantee <> c.relowner)
GROUP BY n.nspname, c.relname, a.grantee
