-- The database's own setting, whether it means that writes are stopped, and whose mark lies beside it; what roles were given is not ours to judge.
SELECT s.value, coalesce(s.value::boolean, false) AS stopped, s.mark,
    pg_catalog.format('ALTER DATABASE %I ', pg_catalog.current_database()) AS alter_database
FROM (SELECT
        pg_catalog.max(pg_catalog.substr(c, pg_catalog.length('default_transaction_read_only=') + 1)) FILTER (WHERE pg_catalog.starts_with(c, 'default_transaction_read_only=')) AS value,
        pg_catalog.max(pg_catalog.substr(c, pg_catalog.length('healing.protection=') + 1)) FILTER (WHERE pg_catalog.starts_with(c, 'healing.protection=')) AS mark
    FROM pg_catalog.pg_db_role_setting r CROSS JOIN LATERAL pg_catalog.unnest(r.setconfig) AS c
    WHERE r.setrole = 0 AND r.setdatabase = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())) s
