-- The attempt in hand: how it ended, or what its verification said so far.
UPDATE healing.attempts
SET outcome = coalesce(@Outcome::text, outcome),
    ended_at = CASE WHEN @Outcome::text IS NULL THEN ended_at ELSE clock_timestamp() END,
    error = coalesce(@Error::text, error),
    verification = coalesce(@Verification::text, verification)
WHERE incident_id = @Id AND number = @Attempts AND ended_at IS NULL
