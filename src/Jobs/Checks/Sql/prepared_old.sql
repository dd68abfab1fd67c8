-- Prepared transactions of this database that have waited long for their end.
SELECT p.gid AS gid, p.owner::text AS owner, p.prepared::timestamptz(0)::text AS since, pg_catalog.age(p.transaction)::bigint AS xids
FROM pg_catalog.pg_prepared_xacts p
WHERE p.database = pg_catalog.current_database() AND p.prepared < pg_catalog.now() - @wait::interval
ORDER BY p.prepared
