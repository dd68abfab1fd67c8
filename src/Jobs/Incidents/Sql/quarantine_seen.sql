-- How many rows are in the quarantine of a target now.
INSERT INTO healing.quarantines (target_id, rows, at) VALUES (@Target, @Rows, clock_timestamp())
ON CONFLICT (target_id) DO UPDATE SET rows = excluded.rows, at = excluded.at
