-- The ledger as it begins: what is watched, what is wrong with it, what was done about it, by whom.
-- Times are the control database's own clock, which is the one clock that all workers share.

CREATE TABLE healing.identity (
    only_one      boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    ledger_id     uuid NOT NULL DEFAULT gen_random_uuid(),
    engine        text,
    created_at    timestamptz NOT NULL DEFAULT now()
);
INSERT INTO healing.identity DEFAULT VALUES;

CREATE TABLE healing.targets (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    system_identifier text NOT NULL,
    database_oid      bigint NOT NULL,
    name              text NOT NULL,
    database_name     text NOT NULL,
    server_version    int NOT NULL,
    first_seen_at     timestamptz NOT NULL DEFAULT now(),
    last_seen_at      timestamptz NOT NULL DEFAULT now(),
    UNIQUE (system_identifier, database_oid)
);

-- target 0 stands for all of them
CREATE TABLE healing.pauses (
    target_id  bigint PRIMARY KEY,
    actor      text NOT NULL,
    why        text NOT NULL,
    at         timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE healing.incidents (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    target_id        bigint NOT NULL REFERENCES healing.targets,
    fingerprint      text NOT NULL,
    kind             text NOT NULL,
    severity         text NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
    check_name       text NOT NULL,
    object_oid       bigint NOT NULL,
    object           text NOT NULL,
    detail           text NOT NULL,
    evidence         jsonb NOT NULL DEFAULT '{}',
    repair           text,
    risk             text CHECK (risk IN ('lossless-online', 'lossless-locking', 'quarantining', 'manual')),
    state            text NOT NULL CHECK (state IN ('Detected', 'AwaitingApproval', 'AwaitingWindow', 'Snapshotting', 'Repairing',
                         'Verifying', 'Resolved', 'Escalated', 'Suppressed', 'Closed', 'Undone')),
    state_since      timestamptz NOT NULL DEFAULT now(),
    reason           text,
    attempts         int NOT NULL DEFAULT 0,
    attempts_allowed int NOT NULL,
    deferrals        int NOT NULL DEFAULT 0,
    deferred_since   timestamptz,
    approved_by      text,
    approved_at      timestamptz,
    clean_checks     int NOT NULL DEFAULT 0,
    seen_count       int NOT NULL DEFAULT 1,
    due_at           timestamptz,
    opened_at        timestamptz NOT NULL DEFAULT now(),
    last_seen_at     timestamptz NOT NULL DEFAULT now(),
    closed_at        timestamptz,
    trace_parent     text
);
CREATE UNIQUE INDEX incidents_one_open ON healing.incidents (fingerprint) WHERE state NOT IN ('Resolved', 'Closed', 'Undone');
CREATE INDEX incidents_due ON healing.incidents (due_at) WHERE state NOT IN ('Resolved', 'Closed', 'Undone', 'Escalated', 'Suppressed');
CREATE INDEX incidents_by_fingerprint ON healing.incidents (fingerprint, opened_at);
CREATE INDEX incidents_by_target ON healing.incidents (target_id, id);

CREATE TABLE healing.attempts (
    incident_id   bigint NOT NULL REFERENCES healing.incidents,
    number        int NOT NULL,
    worker        text NOT NULL,
    token         bigint NOT NULL,
    started_at    timestamptz NOT NULL DEFAULT now(),
    ended_at      timestamptz,
    -- a deferred attempt does not count: its number is used again
    outcome       text CHECK (outcome IN ('succeeded', 'failed', 'crashed', 'deferred')),
    repair        text,
    plan          jsonb,
    statements    jsonb,
    verification  text,
    error         text,
    PRIMARY KEY (incident_id, number)
);

-- The row stays when a lease is released, so that tokens only ever rise.
CREATE TABLE healing.leases (
    resource      text PRIMARY KEY,
    holder        text,
    token         bigint NOT NULL DEFAULT 0,
    acquired_at   timestamptz,
    expires_at    timestamptz,
    incident_id   bigint,
    backend_pid   int,
    backend_start timestamptz
);

CREATE TABLE healing.snapshots (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident_id  bigint NOT NULL REFERENCES healing.incidents,
    attempt      int NOT NULL,
    kind         text NOT NULL,
    place        text NOT NULL,
    host         text NOT NULL,
    bytes        bigint NOT NULL,
    sha256       text NOT NULL,
    manifest     jsonb NOT NULL,
    taken_at     timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL,
    removed_at   timestamptz
);
CREATE INDEX snapshots_by_incident ON healing.snapshots (incident_id);

CREATE TABLE healing.receipts (
    seq           bigint PRIMARY KEY,
    incident_id   bigint NOT NULL REFERENCES healing.incidents,
    attempt       int NOT NULL,
    body          text NOT NULL,
    previous_hash text NOT NULL,
    hash          text NOT NULL,
    at            timestamptz NOT NULL DEFAULT now(),
    UNIQUE (incident_id, attempt)
);

-- The queue and the history in one: a row is a run, from its request to its end.
CREATE TABLE healing.job_runs (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key          text NOT NULL,
    job          text NOT NULL,
    target       text,
    arguments    jsonb NOT NULL DEFAULT '{}',
    state        text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'running', 'succeeded', 'failed', 'cancelled')),
    requested_by text NOT NULL,
    recurring_id text,
    slot         timestamptz,
    created_at   timestamptz NOT NULL DEFAULT now(),
    due_at       timestamptz NOT NULL DEFAULT now(),
    started_at   timestamptz,
    ended_at     timestamptz,
    worker       text,
    executions   int NOT NULL DEFAULT 0,
    deferrals    int NOT NULL DEFAULT 0,
    token        bigint NOT NULL DEFAULT 0,
    lease_until  timestamptz,
    cancel_asked boolean NOT NULL DEFAULT false,
    note         text,
    error        text,
    log          text,
    trace_parent text
);
CREATE UNIQUE INDEX job_runs_one_active ON healing.job_runs (key) WHERE state IN ('pending', 'running');
CREATE UNIQUE INDEX job_runs_one_a_slot ON healing.job_runs (recurring_id, slot) WHERE slot IS NOT NULL;
CREATE INDEX job_runs_waiting ON healing.job_runs (due_at) WHERE state IN ('pending', 'running');
CREATE INDEX job_runs_by_job ON healing.job_runs (job, target, id);
CREATE INDEX job_runs_recurring ON healing.job_runs (recurring_id, ended_at) WHERE recurring_id IS NOT NULL;
CREATE INDEX job_runs_ended ON healing.job_runs (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE healing.workers (
    id           text PRIMARY KEY,
    host         text NOT NULL,
    pid          int NOT NULL,
    version      text NOT NULL,
    engine       text NOT NULL,
    started_at   timestamptz NOT NULL DEFAULT now(),
    heartbeat_at timestamptz NOT NULL DEFAULT now(),
    stopped_at   timestamptz
);

CREATE TABLE healing.check_runs (
    target_id       bigint NOT NULL REFERENCES healing.targets,
    check_name      text NOT NULL,
    object          text NOT NULL DEFAULT '',
    status          text NOT NULL CHECK (status IN ('clean', 'damaged', 'unavailable', 'failed')),
    reason          text,
    seconds         double precision NOT NULL,
    at              timestamptz NOT NULL DEFAULT now(),
    last_success_at timestamptz,
    PRIMARY KEY (target_id, check_name, object)
);

-- Durations by bucket, so that any process answers for the fleet and a restart loses nothing.
CREATE TABLE healing.histograms (
    metric     text NOT NULL,
    labels     jsonb NOT NULL,
    bucket     double precision NOT NULL,
    count      bigint NOT NULL DEFAULT 0,
    sum        double precision NOT NULL DEFAULT 0,
    PRIMARY KEY (metric, labels, bucket)
);

CREATE TABLE healing.check_memory (
    target_id  bigint NOT NULL REFERENCES healing.targets,
    topic      text NOT NULL,
    key        text NOT NULL,
    value      jsonb NOT NULL,
    at         timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (target_id, topic, key)
);

CREATE TABLE healing.alerts (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key          text NOT NULL,
    sink         text NOT NULL,
    incident_id  bigint REFERENCES healing.incidents,
    event        text NOT NULL,
    severity     text NOT NULL,
    payload      jsonb NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    due_at       timestamptz NOT NULL DEFAULT now(),
    tries        int NOT NULL DEFAULT 0,
    delivered_at timestamptz,
    gave_up_at   timestamptz,
    last_error   text,
    UNIQUE (key, sink)
);
CREATE INDEX alerts_waiting ON healing.alerts (due_at) WHERE delivered_at IS NULL AND gave_up_at IS NULL;

CREATE TABLE healing.audit_log (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    event_type  text NOT NULL,
    severity    text NOT NULL,
    message     text NOT NULL,
    metadata    jsonb NOT NULL DEFAULT '{}',
    actor       text NOT NULL,
    target_id   bigint,
    incident_id bigint
);
CREATE INDEX audit_log_by_incident ON healing.audit_log (incident_id, id);
CREATE INDEX audit_log_by_time ON healing.audit_log (at);
