-- Pausing what is paused keeps the newest reason.
INSERT INTO healing.schedule_pauses (id, actor, why, at)
VALUES (@Id, @Actor, @Why, clock_timestamp())
ON CONFLICT (id) DO UPDATE SET actor = excluded.actor, why = excluded.why, at = excluded.at
