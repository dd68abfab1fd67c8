-- Whether our session may call a function of an extension; no row where there is no such function.
SELECT bool_and(pg_catalog.has_function_privilege(p.oid, 'EXECUTE') AND pg_catalog.has_schema_privilege(p.pronamespace, 'USAGE'))
FROM pg_catalog.pg_proc p
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE p.proname = @name AND pg_catalog.quote_ident(n.nspname) = @schema
HAVING count(*) > 0
