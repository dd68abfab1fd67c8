-- A person has dealt with it: every check may read that object again.
DELETE FROM healing.check_memory
WHERE target_id = @TargetId AND key = @Object AND (topic LIKE 'deadly_read:%' OR topic LIKE 'reading:%')
