-- What people ask of the fleet: schedules that rest, workers that take nothing new; and what an API must remember to be asked twice.
-- additive

CREATE TABLE healing.schedule_pauses (
    id    text PRIMARY KEY,
    actor text NOT NULL,
    why   text NOT NULL,
    at    timestamptz NOT NULL DEFAULT now()
);

-- A worker by its id, or every worker of a host: the second outlives the processes.
CREATE TABLE healing.drains (
    scope text NOT NULL CHECK (scope IN ('worker', 'host')),
    name  text NOT NULL,
    actor text NOT NULL,
    why   text NOT NULL,
    at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (scope, name)
);

-- Answers to changes that bore a key, so that the same change asked again is not done again. Without a status it is being worked on.
CREATE TABLE healing.answers (
    visitor        text NOT NULL,
    key            text NOT NULL,
    request_sha256 text NOT NULL,
    at             timestamptz NOT NULL DEFAULT now(),
    status         int,
    content_type   text,
    body           text,
    PRIMARY KEY (visitor, key)
);
CREATE INDEX answers_by_time ON healing.answers (at);

-- What a target looked like by the last look: its size, its standbys, what its roles lack.
CREATE TABLE healing.target_looks (
    target_id bigint PRIMARY KEY REFERENCES healing.targets,
    at        timestamptz NOT NULL DEFAULT now(),
    look      jsonb NOT NULL
);

CREATE INDEX job_runs_by_state ON healing.job_runs (state, id);
CREATE INDEX job_runs_by_target ON healing.job_runs (target, id);
CREATE INDEX job_runs_by_worker ON healing.job_runs (split_part(worker, '/', 1), id);
CREATE INDEX job_runs_by_incident ON healing.job_runs ((arguments->>'incident'), id) WHERE arguments ? 'incident';
CREATE INDEX audit_log_by_actor ON healing.audit_log (actor, id);
CREATE INDEX audit_log_by_event ON healing.audit_log (event_type, id);
