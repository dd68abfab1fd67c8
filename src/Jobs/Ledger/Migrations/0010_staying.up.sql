-- What keeps the fleet going while something is away: reports that waited on disk, targets whose writes are stopped, samples of the databases.
-- additive
-- optional

-- A report that was taken in is not taken in again, however often it is sent.
CREATE TABLE healing.reports_taken (
    id  uuid PRIMARY KEY,
    at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX reports_taken_by_time ON healing.reports_taken (at);

-- The token lies beside the setting in the target, so that only our own setting is taken back.
CREATE TABLE healing.protections (
    target_id   bigint PRIMARY KEY REFERENCES healing.targets,
    -- setting: meant to be; set: by us; found: somebody had done it before; lifted: taken back; left: a person changed it, so it is theirs
    state       text NOT NULL CHECK (state IN ('setting', 'set', 'found', 'lifted', 'left')),
    token       text NOT NULL,
    -- null: it is not known whether the token could be laid there
    marked      boolean,
    -- what the database's own setting was; null: it had none
    before      text,
    incident_id bigint REFERENCES healing.incidents,
    since       timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at    timestamptz,
    problem     text
);

CREATE TABLE healing.samples (
    id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slot  timestamptz NOT NULL,
    role  text NOT NULL,
    name  text NOT NULL,
    at    timestamptz NOT NULL,
    body  jsonb NOT NULL,
    UNIQUE (slot, role, name)
);
CREATE INDEX samples_by_time ON healing.samples (at);

-- How its database was when an incident began and when it ended.
CREATE TABLE healing.incident_samples (
    incident_id bigint NOT NULL REFERENCES healing.incidents,
    moment      text NOT NULL CHECK (moment IN ('start', 'end')),
    at          timestamptz NOT NULL,
    body        jsonb NOT NULL,
    PRIMARY KEY (incident_id, moment)
);

-- How far a warehouse has got, and what it can no longer get.
CREATE TABLE healing.sample_exports (
    place        text PRIMARY KEY,
    cursor       bigint NOT NULL DEFAULT 0,
    delivered    bigint NOT NULL DEFAULT 0,
    delivered_at timestamptz,
    problem      text,
    missed       bigint NOT NULL DEFAULT 0,
    missed_from  timestamptz,
    missed_to    timestamptz
);
