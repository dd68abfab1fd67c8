-- null where the role may not connect to it
SELECT CASE WHEN pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CONNECT') THEN pg_catalog.pg_database_size(pg_catalog.current_database()) END
