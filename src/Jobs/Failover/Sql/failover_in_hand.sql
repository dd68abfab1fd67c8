-- One that was begun and has not ended: it is taken up where it stood.
SELECT f.id, f.target_id, f.standby, f.state, f.started_at, f.ended_at, f.actor, f.why, f.fenced, f.timeline_before, f.timeline_after, f.primary_lsn::text AS primary_lsn, f.primary_asked_at,
       f.promoted_lsn::text AS promoted_lsn, f.lost_bytes, f.lost, f.verified, f.error
FROM healing.failovers f
WHERE f.target_id = @Target AND f.state IN ('begun', 'promoting', 'promoted')
