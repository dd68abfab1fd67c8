-- What rests, for the people who wonder why nothing runs.
SELECT id, actor, why, at FROM healing.schedule_pauses ORDER BY id
