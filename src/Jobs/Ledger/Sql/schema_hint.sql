-- What the owner of the database can do for a role that may not create schemas, ready to paste.
SELECT pg_catalog.format('as its owner: CREATE SCHEMA healing AUTHORIZATION %1$I; or GRANT CREATE ON DATABASE %2$I TO %1$I;', current_user, current_database())
