-- Promotions of standbys, step by step, so that one that was cut off is taken up where it stood.
-- additive
-- optional

CREATE TABLE healing.failovers (
    id                  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    target_id           bigint NOT NULL REFERENCES healing.targets,
    standby             text NOT NULL,
    state               text NOT NULL DEFAULT 'begun' CHECK (state IN ('begun', 'promoting', 'promoted', 'done', 'failed')),
    started_at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at            timestamptz,
    actor               text NOT NULL,
    why                 text NOT NULL,
    -- how the old primary was known to take no writes
    fenced              text,
    timeline_before     int,
    timeline_after      int,
    -- the last position of the old primary that anybody knows, and when it was asked
    primary_lsn         pg_lsn,
    primary_asked_at    timestamptz,
    promoted_lsn        pg_lsn,
    -- null: not known
    lost_bytes          bigint,
    lost                text,
    verified            text,
    error               text
);
-- one at a time
CREATE UNIQUE INDEX failovers_in_hand ON healing.failovers (target_id) WHERE state IN ('begun', 'promoting', 'promoted');
CREATE INDEX failovers_by_target ON healing.failovers (target_id, id DESC);
