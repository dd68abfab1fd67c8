-- Who may do everything on a restored server: the role it was made with, else any other.
SELECT r.rolname::text FROM pg_catalog.pg_roles r WHERE r.rolsuper AND r.rolcanlogin ORDER BY r.oid = 10 DESC, r.oid LIMIT 1
