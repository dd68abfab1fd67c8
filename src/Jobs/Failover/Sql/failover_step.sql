-- What is known by now; written before each step that cannot be taken back, and after it.
UPDATE healing.failovers
SET state = @State, ended_at = CASE WHEN @State IN ('done', 'failed') THEN clock_timestamp() END, fenced = @Fenced, timeline_before = @TimelineBefore, timeline_after = @TimelineAfter,
    promoted_lsn = @PromotedLsn::pg_lsn, lost_bytes = @LostBytes, lost = @Lost, verified = @Verified, error = @Error
WHERE id = @Id
