-- The last run of every check on a target; what is wrong first.
SELECT check_name AS "check", object, status, reason, seconds, at, last_success_at
FROM healing.check_runs WHERE target_id = @Target
ORDER BY array_position(ARRAY['damaged', 'failed', 'unavailable', 'clean'], status), check_name, object
LIMIT @Most
