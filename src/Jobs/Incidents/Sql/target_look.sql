-- The newest look only.
INSERT INTO healing.target_looks (target_id, at, look) VALUES (@Target, clock_timestamp(), @Look::jsonb)
ON CONFLICT (target_id) DO UPDATE SET at = excluded.at, look = excluded.look
