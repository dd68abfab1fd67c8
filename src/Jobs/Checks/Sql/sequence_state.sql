-- A sequence's own row, and whether the server takes its page for that of a sequence.
SELECT s.last_value, s.is_called, pg_catalog.pg_sequence_last_value(@sequence::bigint::oid::pg_catalog.regclass) IS NULL AS IsFresh
FROM ONLY %s s
