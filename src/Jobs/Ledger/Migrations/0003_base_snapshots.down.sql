-- The rows stay, and retention reads the table instead.
DROP INDEX healing.snapshots_by_place;
