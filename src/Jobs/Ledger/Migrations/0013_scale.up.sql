-- A million runs and tens of thousands of incidents: each list in its order by an index, whatever it is filtered by, and counts from indexes alone.
-- additive
-- optional

-- runs: a list by job, by time, and of what went wrong, which is rare; what is due, without reading a schedule's whole past
CREATE INDEX job_runs_of_job ON healing.job_runs (job, id);
CREATE INDEX job_runs_by_creation ON healing.job_runs (created_at);
CREATE INDEX job_runs_wrong_of_job ON healing.job_runs (state, job, id) WHERE state IN ('failed', 'cancelled');
CREATE INDEX job_runs_wrong_of_target ON healing.job_runs (state, target, id) WHERE state IN ('failed', 'cancelled');
CREATE INDEX job_runs_requested ON healing.job_runs (recurring_id, created_at) WHERE recurring_id IS NOT NULL;
CREATE INDEX job_runs_succeeded ON healing.job_runs (recurring_id, ended_at) WHERE recurring_id IS NOT NULL AND state = 'succeeded';

CREATE INDEX incidents_by_kind ON healing.incidents (kind, id);
CREATE INDEX incidents_by_state ON healing.incidents (state, id);
CREATE INDEX incidents_by_severity ON healing.incidents (severity, id);
CREATE INDEX incidents_by_opening ON healing.incidents (opened_at);
CREATE INDEX incidents_by_end ON healing.incidents (closed_at) INCLUDE (state) WHERE closed_at IS NOT NULL;
CREATE INDEX incidents_counted ON healing.incidents (id) INCLUDE (target_id, kind, severity, state);

CREATE INDEX attempts_counted ON healing.attempts (incident_id) INCLUDE (outcome);
CREATE INDEX attempts_quarantined ON healing.attempts (incident_id) WHERE rows_quarantined > 0;

CREATE INDEX audit_log_by_target ON healing.audit_log (target_id, id);
CREATE INDEX audit_log_openings ON healing.audit_log (incident_id, id) INCLUDE (severity) WHERE event_type = 'incident.opened';
CREATE INDEX audit_log_outcomes ON healing.audit_log (incident_id, id DESC) INCLUDE (at, event_type) WHERE event_type IN ('incident.resolved', 'incident.escalated');

CREATE INDEX alerts_over ON healing.alerts (coalesce(delivered_at, gave_up_at));
CREATE INDEX snapshots_kept ON healing.snapshots (host, expires_at) WHERE removed_at IS NULL;

-- what is filtered by two of these is guessed right only where it is known which come together: no failed run of this job, no critical orphans
CREATE STATISTICS healing.incidents_weights (mcv) ON kind, severity FROM healing.incidents;
CREATE STATISTICS healing.incidents_ways (mcv) ON kind, state FROM healing.incidents;
CREATE STATISTICS healing.job_runs_ways (mcv) ON job, state FROM healing.job_runs;

-- Words within texts need trigrams. Where the extension is not there, or may not be made, the search reads what it searches.
DO $$
DECLARE
    place text;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'pg_trgm') AND EXISTS (SELECT FROM pg_catalog.pg_available_extensions WHERE name = 'pg_trgm') THEN
        CREATE EXTENSION pg_trgm SCHEMA healing;
    END IF;
    SELECT n.nspname INTO place FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_trgm';
    IF place IS NOT NULL THEN
        EXECUTE pg_catalog.format('CREATE INDEX incidents_words ON healing.incidents USING gin (object %1$I.gin_trgm_ops, detail %1$I.gin_trgm_ops, reason %1$I.gin_trgm_ops)', place);
    END IF;
EXCEPTION WHEN insufficient_privilege OR undefined_file THEN
    RAISE NOTICE 'pg_trgm cannot be made here: %', SQLERRM;
END
$$;
