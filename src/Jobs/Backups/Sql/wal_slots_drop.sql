-- Looked at again under the lease, and gone at once.
WITH unused AS MATERIALIZED (
    SELECT s.slot_name FROM pg_catalog.pg_replication_slots s WHERE s.slot_name = ANY (@Names) AND s.slot_type = 'physical' AND NOT s.active
)
SELECT u.slot_name::text FROM unused u CROSS JOIN LATERAL (SELECT pg_catalog.pg_drop_replication_slot(u.slot_name)) AS dropped
