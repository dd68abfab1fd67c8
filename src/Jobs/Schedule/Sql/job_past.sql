-- Whether a due time of a recurring job has gone by unheard, by the one clock that all workers share; two looks into indexes, however long its past.
SELECT (SELECT r.created_at FROM healing.job_runs r WHERE r.recurring_id = @RecurringId ORDER BY r.created_at DESC LIMIT 1) AS requested,
    (SELECT s.ended_at FROM healing.job_runs s WHERE s.recurring_id = @RecurringId AND s.state = 'succeeded' ORDER BY s.ended_at DESC LIMIT 1) AS succeeded,
    clock_timestamp() AS now
