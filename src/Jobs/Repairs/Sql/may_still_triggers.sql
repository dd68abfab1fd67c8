-- Whether foreign keys can be told to keep still: a superuser, or from 15 on whoever was granted that setting.
SELECT (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = current_user)
    OR CASE WHEN pg_catalog.current_setting('server_version_num')::int >= 150000
            THEN pg_catalog.has_parameter_privilege('session_replication_role', 'SET') ELSE false END
