-- Asked beforehand, so that a proof that cannot be had is said to be that.
SELECT pg_catalog.pg_has_role(c.relowner, 'USAGE') AND (@parent::bigint IS NULL OR pg_catalog.has_table_privilege(@parent::bigint::oid, 'REFERENCES'))
FROM pg_catalog.pg_class c WHERE c.oid = @table::bigint::oid
