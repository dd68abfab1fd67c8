-- Whether a recurring job has to be made up for at start; no row when it never succeeded.
SELECT ended_at FROM healing.job_runs WHERE recurring_id = @RecurringId AND state = 'succeeded' ORDER BY ended_at DESC LIMIT 1
