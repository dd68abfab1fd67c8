-- What the attempt in hand is going to do, and did.
UPDATE healing.attempts
SET plan = coalesce(@Plan::jsonb, plan), statements = coalesce(@Statements::jsonb, statements)
WHERE incident_id = @Id AND number = @Number AND token = @Token
