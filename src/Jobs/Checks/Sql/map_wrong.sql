-- Rows that are not what the visibility map says of their page. {function} is pg_check_visible or pg_check_frozen, with its schema.
SELECT t.t_ctid::text FROM {function}(@oid::bigint::pg_catalog.oid::pg_catalog.regclass) AS t (t_ctid) LIMIT @most
