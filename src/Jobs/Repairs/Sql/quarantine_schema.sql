-- The quarantine of this database: whole rows as text, what took them, and since when. Nobody but its owner may look in.
CREATE SCHEMA healing_quarantine;

COMMENT ON SCHEMA healing_quarantine IS 'Rows that repairs removed or changed, whole. `healing undo` brings them back; the retention of quarantine empties it.';

CREATE TABLE healing_quarantine.batches (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ledger      text NOT NULL,
    incident    bigint NOT NULL,
    attempt     int NOT NULL,
    repair      text NOT NULL,
    reason      text NOT NULL,
    taken_at    timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    taken_by    text NOT NULL DEFAULT session_user,
    -- what the text of the values was written under
    settings    jsonb NOT NULL,
    rows        bigint NOT NULL DEFAULT 0,
    sha256      text NOT NULL DEFAULT '',
    undone_at   timestamptz,
    undone_by   text,
    -- the batch that did the same again, when the undo was undone
    replaced_by bigint,
    -- its rows are gone, when their time was over
    swept_at    timestamptz
);
CREATE INDEX batches_by_incident ON healing_quarantine.batches (ledger, incident);

-- What one step did to one table. The names are those of that day; oid and numbers of columns find them again.
CREATE TABLE healing_quarantine.parts (
    batch       bigint NOT NULL,
    part        int NOT NULL,
    step        int NOT NULL,
    action      text NOT NULL CHECK (action IN ('deleted', 'changed', 'kept')),
    cause       text NOT NULL,
    relation    oid NOT NULL,
    schema_name text NOT NULL,
    table_name  text NOT NULL,
    attnums     smallint[] NOT NULL,
    columns     text[] NOT NULL,
    types       text[] NOT NULL,
    key_columns smallint[] NOT NULL,
    -- whose values after the change are kept too, in this order
    changed     smallint[] NOT NULL DEFAULT '{}',
    statement   text NOT NULL DEFAULT '',
    rows        bigint NOT NULL DEFAULT 0,
    sha256      text NOT NULL DEFAULT '',
    PRIMARY KEY (batch, part)
);

CREATE TABLE healing_quarantine.rows (
    batch       bigint NOT NULL,
    part        int NOT NULL,
    place       tid NOT NULL,
    -- each by the output function of its type, in the order of the part's columns
    vals        text[] NOT NULL,
    place_after tid,
    vals_after  text[],
    PRIMARY KEY (batch, part, place)
);

REVOKE ALL ON SCHEMA healing_quarantine FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA healing_quarantine FROM PUBLIC;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA healing_quarantine FROM PUBLIC;
