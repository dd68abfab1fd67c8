-- Which relation bears this name now.
SELECT coalesce(pg_catalog.to_regclass(@sequence)::oid::bigint, 0)
