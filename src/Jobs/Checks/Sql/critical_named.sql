-- The oids behind the names of the configuration, which may leave out the schema and the quotes.
SELECT w.name, c.oid::bigint AS oid
FROM pg_catalog.unnest(@names::text[]) AS w (name)
LEFT JOIN (pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace)
       ON c.relkind = 'i' AND w.name IN (c.relname::text, n.nspname || '.' || c.relname, pg_catalog.format('%I.%I', n.nspname, c.relname), pg_catalog.quote_ident(c.relname))
