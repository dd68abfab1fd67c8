-- Backups of servers, and what came of restoring them.
-- additive
-- optional

CREATE TABLE healing.backups (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    target_id         bigint NOT NULL REFERENCES healing.targets,
    -- one physical backup serves every target of its server
    system_identifier text NOT NULL,
    provider          text NOT NULL CHECK (provider IN ('pg_basebackup', 'pg_dump', 'pgbackrest')),
    state             text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'complete', 'failed', 'removed')),
    started_at        timestamptz NOT NULL DEFAULT now(),
    ended_at          timestamptz,
    host              text NOT NULL,
    place             text NOT NULL,
    label             text,
    bytes             bigint,
    server_bytes      bigint,
    server_version    int NOT NULL,
    timeline          bigint,
    wal_from          pg_lsn,
    wal_to            pg_lsn,
    restore_point     text,
    -- what was counted when it was taken: {"tables": [...], "exact": true, "why": null}
    counted           jsonb,
    run_id            bigint,
    error             text,
    removed_at        timestamptz,
    removed_why       text
);
CREATE INDEX backups_by_server ON healing.backups (system_identifier, id DESC);
CREATE INDEX backups_by_target ON healing.backups (target_id, id DESC);

CREATE TABLE healing.restore_tests (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    backup_id   bigint NOT NULL REFERENCES healing.backups,
    started_at  timestamptz NOT NULL DEFAULT now(),
    ended_at    timestamptz,
    host        text NOT NULL,
    outcome     text CHECK (outcome IN ('proven', 'failed')),
    -- [{"phase": "restore", "seconds": 1.5}, ...]
    phases      jsonb NOT NULL DEFAULT '[]',
    -- findings, comparisons and what was not compared, with why
    report      jsonb,
    checksums   text CHECK (checksums IN ('verified', 'failed', 'off')),
    bytes       bigint,
    run_id      bigint,
    error       text
);
CREATE INDEX restore_tests_by_backup ON healing.restore_tests (backup_id, id DESC);
