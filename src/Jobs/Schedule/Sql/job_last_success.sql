-- Whether a recurring job has to be made up for at start.
SELECT max(ended_at) FROM healing.job_runs WHERE recurring_id = @RecurringId AND state = 'succeeded'
