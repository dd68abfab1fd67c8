-- The promotions of a target, by its name, the newest first.
SELECT f.id, f.target_id, f.standby, f.state, f.started_at, f.ended_at, f.actor, f.why, f.fenced, f.timeline_before, f.timeline_after, f.primary_lsn::text AS primary_lsn, f.primary_asked_at,
       f.promoted_lsn::text AS promoted_lsn, f.lost_bytes, f.lost, f.verified, f.error
FROM healing.failovers f JOIN healing.targets t ON t.id = f.target_id
WHERE t.name = @Target ORDER BY f.id DESC LIMIT @Most
