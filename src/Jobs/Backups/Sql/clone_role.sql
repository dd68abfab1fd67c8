-- Whether a role is there already.
SELECT true FROM pg_catalog.pg_roles r WHERE r.rolname = @Name
