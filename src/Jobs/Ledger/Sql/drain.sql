-- Draining what is drained keeps the newest reason.
INSERT INTO healing.drains (scope, name, actor, why, at)
VALUES (@Scope, @Name, @Actor, @Why, clock_timestamp())
ON CONFLICT (scope, name) DO UPDATE SET actor = excluded.actor, why = excluded.why, at = excluded.at
