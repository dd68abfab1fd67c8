-- An error may only say that somebody dropped the index, or broke off a rebuild of it, while it was looked at.
SELECT EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indexrelid = @oid::bigint::oid AND i.indisvalid AND i.indisready AND i.indislive)
