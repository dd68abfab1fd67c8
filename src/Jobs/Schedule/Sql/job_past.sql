-- Whether a due time of a recurring job has gone by unheard, by the one clock that all workers share.
SELECT max(created_at) AS requested, max(ended_at) FILTER (WHERE state = 'succeeded') AS succeeded, clock_timestamp() AS now
FROM healing.job_runs WHERE recurring_id = @RecurringId
