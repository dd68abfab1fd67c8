-- The change of state and all that goes with it; permitted and locked by then.
UPDATE healing.incidents
SET state = @To,
    state_since = CASE WHEN state = @To THEN state_since ELSE clock_timestamp() END,
    reason = @Reason::text,
    due_at = @DueAt::timestamptz,
    approved_by = CASE WHEN @ApprovedBy::text IS NOT NULL THEN @ApprovedBy::text WHEN @Anew OR @Revoke THEN NULL ELSE approved_by END,
    approved_at = CASE WHEN @ApprovedBy::text IS NOT NULL THEN clock_timestamp() WHEN @Anew OR @Revoke THEN NULL ELSE approved_at END,
    approved_rows = CASE WHEN @ApprovedBy::text IS NOT NULL THEN @ApprovedRows::bigint WHEN @Anew OR @Revoke THEN NULL ELSE approved_rows END,
    -- attempts never restart: a number that counted is never given again
    attempts = CASE WHEN @Uncount THEN attempts - 1 ELSE attempts END,
    attempts_allowed = CASE WHEN @MoreAttempts::int IS NOT NULL THEN attempts + @MoreAttempts::int ELSE attempts_allowed END,
    deferrals = CASE WHEN @CountDeferral THEN deferrals + 1 WHEN @Ended OR @Anew THEN 0 ELSE deferrals END,
    deferred_since = CASE WHEN @CountDeferral THEN coalesce(deferred_since, clock_timestamp()) WHEN @Ended OR @Anew THEN NULL ELSE deferred_since END,
    clean_checks = CASE WHEN state = @To THEN clean_checks ELSE 0 END,
    closed_at = CASE WHEN @IsOpen THEN NULL ELSE clock_timestamp() END
WHERE id = @Id AND state = @From
