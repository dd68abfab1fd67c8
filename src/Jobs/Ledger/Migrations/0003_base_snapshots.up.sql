-- Copies of a whole server are shared: several rows, one an incident, name one place. Retention asks who else needs it.
-- additive
-- optional

CREATE INDEX snapshots_by_place ON healing.snapshots (place) WHERE removed_at IS NULL;
