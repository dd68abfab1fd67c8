-- How old the oldest row versions of this database may be.
SELECT d.oid::bigint AS oid, pg_catalog.quote_ident(d.datname) AS quoted,
       pg_catalog.age(d.datfrozenxid)::bigint AS xids, pg_catalog.mxid_age(d.datminmxid)::bigint AS multixacts,
       pg_catalog.current_setting('autovacuum_freeze_max_age')::bigint AS freeze, pg_catalog.current_setting('autovacuum_multixact_freeze_max_age')::bigint AS multifreeze,
       (SELECT pg_catalog.string_agg(o.said, ', ') FROM (
            SELECT pg_catalog.format('%I.%I (%s)', n.nspname, c.relname, pg_catalog.age(c.relfrozenxid)) AS said
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relfrozenxid <> '0' ORDER BY pg_catalog.age(c.relfrozenxid) DESC LIMIT 3) o) AS oldest
FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()
