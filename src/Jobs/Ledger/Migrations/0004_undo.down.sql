-- The rows themselves stay where they are, in the quarantine of each target.
DROP TABLE healing.quarantines;
ALTER TABLE healing.incidents DROP COLUMN approved_rows;
ALTER TABLE healing.attempts DROP COLUMN quarantine, DROP COLUMN rows_quarantined;
