-- How many rows of these tables this transaction has deleted and changed so far, whoever did it in it; null where the server does not count.
SELECT o.oid::bigint AS oid, pg_catalog.pg_stat_get_xact_tuples_deleted(o.oid) AS deleted, pg_catalog.pg_stat_get_xact_tuples_updated(o.oid) AS changed
FROM pg_catalog.unnest(@oids::bigint[]::oid[]) AS o (oid)
WHERE pg_catalog.current_setting('track_counts')::boolean
