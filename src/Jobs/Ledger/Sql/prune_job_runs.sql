-- Ended runs past their time, the oldest first, so that the index leads to them past what is gone already; a recurring job's last success stays, since it decides what is made up for at start.
DELETE FROM healing.job_runs WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM healing.job_runs
    WHERE ended_at < statement_timestamp() - @Age
      AND NOT (state = 'succeeded' AND recurring_id IS NOT NULL AND ended_at = (
          SELECT max(s.ended_at) FROM healing.job_runs s WHERE s.recurring_id = job_runs.recurring_id AND s.state = 'succeeded'))
    ORDER BY ended_at
    LIMIT @Batch FOR UPDATE SKIP LOCKED))
