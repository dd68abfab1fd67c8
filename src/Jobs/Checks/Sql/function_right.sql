-- Whether our role may call a function of an extension (no row: this version has no such function), asked before a thousand relations fail one by one.
SELECT pg_catalog.has_function_privilege(p.oid, 'EXECUTE') AND pg_catalog.has_schema_privilege(p.pronamespace, 'USAGE')
FROM pg_catalog.pg_proc p
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE p.proname = @name AND pg_catalog.quote_ident(n.nspname) = @schema AND p.pronargs = @arguments
