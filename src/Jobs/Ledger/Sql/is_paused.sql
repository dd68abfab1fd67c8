-- A target is paused by its own brake or by the one of everything (target 0).
SELECT EXISTS (SELECT 1 FROM healing.pauses WHERE target_id IN (0, @Target))
