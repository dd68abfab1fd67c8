-- Pausing what is paused keeps the newest reason.
INSERT INTO healing.pauses (target_id, actor, why, at)
VALUES (@Target, @Actor, @Why, clock_timestamp())
ON CONFLICT (target_id) DO UPDATE SET actor = excluded.actor, why = excluded.why, at = excluded.at
