-- The newest look only.
INSERT INTO healing.target_looks (target_id, at, look) VALUES (@Target, clock_timestamp(), @Look::jsonb)
ON CONFLICT (target_id) DO UPDATE SET at = excluded.at, look = excluded.look
-- while its primary is gone a target is seen through a standby, which does not know how far the primary was
WHERE NOT coalesce((excluded.look ->> 'is_standby')::boolean, false) OR coalesce((target_looks.look ->> 'is_standby')::boolean, true)
