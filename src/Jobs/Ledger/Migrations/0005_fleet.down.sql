-- Schedules go on, drained workers work again, and answers are forgotten.
DROP INDEX healing.audit_log_by_event, healing.audit_log_by_actor, healing.job_runs_by_incident, healing.job_runs_by_worker, healing.job_runs_by_target, healing.job_runs_by_state;
DROP TABLE healing.target_looks, healing.answers, healing.drains, healing.schedule_pauses;
