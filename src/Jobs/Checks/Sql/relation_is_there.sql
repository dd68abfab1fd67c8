-- Whether it was dropped meanwhile; nothing is opened for that, so that nobody is waited for.
SELECT EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = @oid::bigint::oid)
