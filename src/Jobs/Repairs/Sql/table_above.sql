-- A table, and all that its rows are rows of as well: what it is a partition of, or inherits from.
WITH RECURSIVE above AS (
    SELECT @oid::bigint::oid AS oid
    UNION
    SELECT i.inhparent FROM above a JOIN pg_catalog.pg_inherits i ON i.inhrelid = a.oid)
SELECT oid::bigint FROM above
