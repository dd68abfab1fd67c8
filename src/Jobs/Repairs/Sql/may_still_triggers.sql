-- Whether foreign keys can be told to keep still: a superuser, or whoever was granted that setting.
SELECT (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = current_user)
    OR pg_catalog.has_parameter_privilege('session_replication_role', 'SET')
