-- Whether a name still means the relation that it meant: what is locked or vacuumed by name may be another one by now.
SELECT coalesce(pg_catalog.to_regclass(@Quoted)::oid::bigint = @Oid, false)
