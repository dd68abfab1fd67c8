-- The list reads the table instead.
DROP INDEX healing.incidents_open;
