-- The migrator's own table, older than any migration; the down scripts in it are what an older program goes back by.
CREATE TABLE healing.schema_migrations (
    revision        int PRIMARY KEY CHECK (revision > 0),
    name            text NOT NULL,
    up_sha256       text NOT NULL,
    down_sha256     text NOT NULL,
    down_sql        text NOT NULL,
    additive        boolean NOT NULL,
    applied_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    program_version text NOT NULL
)
