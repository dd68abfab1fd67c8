-- Whether foreign keys can be told to keep still: before 15 no setting can be granted, and a server does not know the function that asks for it.
SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = current_user
