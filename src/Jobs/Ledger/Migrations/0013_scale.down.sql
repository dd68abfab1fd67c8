-- Everything is found as before, more slowly. The extension goes where it is ours and nobody else uses it.
DROP INDEX healing.job_runs_of_job, healing.job_runs_by_creation, healing.job_runs_wrong_of_job, healing.job_runs_wrong_of_target, healing.job_runs_requested, healing.job_runs_succeeded,
    healing.incidents_by_kind, healing.incidents_by_state, healing.incidents_by_severity, healing.incidents_by_opening, healing.incidents_by_end, healing.incidents_counted,
    healing.attempts_counted, healing.attempts_quarantined, healing.audit_log_by_target, healing.audit_log_openings, healing.audit_log_outcomes, healing.alerts_over, healing.snapshots_kept;
DROP STATISTICS healing.incidents_weights, healing.incidents_ways, healing.job_runs_ways;
DROP INDEX IF EXISTS healing.incidents_words;
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_extension e WHERE e.extname = 'pg_trgm' AND e.extnamespace = 'healing'::pg_catalog.regnamespace) THEN
        DROP EXTENSION pg_trgm;
    END IF;
EXCEPTION WHEN dependent_objects_still_exist THEN
    RAISE NOTICE 'pg_trgm stays: %', SQLERRM;
END
$$;
