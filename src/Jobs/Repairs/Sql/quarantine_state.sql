-- Whether the quarantine is there, is whole, and belongs to us; whether we could make it; and that each statement sees what is committed by then.
SELECT n.oid IS NOT NULL AS is_there,
       coalesce(pg_catalog.pg_has_role(n.nspowner, 'USAGE'), false)
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.relnamespace = n.oid AND c.relname IN ('batches', 'parts', 'rows') AND NOT pg_catalog.pg_has_role(c.relowner, 'USAGE')) AS is_ours,
       (SELECT count(*) FROM pg_catalog.pg_class c WHERE c.relnamespace = n.oid AND c.relkind = 'r' AND c.relname IN ('batches', 'parts', 'rows')) = 3 AS is_whole,
       pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(n.nspowner)) AS owner,
       pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE') AS may_create,
       pg_catalog.quote_ident(current_user) AS role,
       pg_catalog.quote_ident(pg_catalog.current_database()) AS database,
       coalesce(pg_catalog.current_setting('healing.in_transaction', true), '') = 'yes' AS in_transaction,
       pg_catalog.current_setting('transaction_isolation') AS isolation
FROM (SELECT 1) AS one LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = 'healing_quarantine'
