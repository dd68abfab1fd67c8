-- what a promotion that was cut off has left: ours by owner, number and first words
SELECT pg_catalog.count(pg_catalog.lo_unlink(m.oid))
FROM pg_catalog.pg_largeobject_metadata m
WHERE m.oid BETWEEN 1212498252::oid AND 1212498267::oid
  AND CASE WHEN m.lomowner = (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = current_user)
           THEN pg_catalog.lo_get(m.oid, 0, 17) = 'healing failover '::bytea ELSE false END
