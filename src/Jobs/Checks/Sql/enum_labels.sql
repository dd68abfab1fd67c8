-- What a type allows, asked under the path of whoever wrote its name down.
SELECT e.enumlabel::text FROM pg_catalog.pg_enum e WHERE e.enumtypid = pg_catalog.to_regtype(@path)::oid ORDER BY e.enumsortorder
