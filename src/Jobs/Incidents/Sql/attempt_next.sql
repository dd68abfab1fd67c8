-- The number of an attempt that is none of those that were ever begun.
SELECT greatest(@Attempts, coalesce(max(number), 0)) + 1 FROM healing.attempts WHERE incident_id = @Id
