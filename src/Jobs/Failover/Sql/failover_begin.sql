-- The index over what is in hand keeps a second one out.
INSERT INTO healing.failovers (target_id, standby, actor, why, fenced, timeline_before, primary_lsn, primary_asked_at)
VALUES (@TargetId, @Standby, @Actor, @Why, @Fenced, @TimelineBefore, @PrimaryLsn::pg_lsn, @PrimaryAskedAt)
RETURNING id, target_id, standby, state, started_at, actor, why, fenced, timeline_before, primary_lsn::text AS primary_lsn, primary_asked_at
