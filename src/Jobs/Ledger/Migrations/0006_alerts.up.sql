-- What happens to an incident becomes an event in the same transaction, whoever moves it; and how each sink of the alerts is doing.
-- additive

CREATE TABLE healing.alert_events (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident_id bigint NOT NULL REFERENCES healing.incidents,
    event       text NOT NULL CHECK (event IN ('opened', 'escalated', 'ended')),
    at          timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE FUNCTION healing.tell_of_incident() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    over constant text[] := '{Resolved,Closed,Undone,Suppressed}';
    was_over boolean := TG_OP = 'INSERT' OR old.state = ANY (over);
BEGIN
    IF was_over AND NOT new.state = ANY (over) THEN
        INSERT INTO healing.alert_events (incident_id, event) VALUES (new.id, 'opened');
    ELSIF NOT was_over AND new.state = ANY (over) THEN
        INSERT INTO healing.alert_events (incident_id, event) VALUES (new.id, 'ended');
    END IF;
    IF new.state = 'Escalated' AND (TG_OP = 'INSERT' OR old.state <> 'Escalated') THEN
        INSERT INTO healing.alert_events (incident_id, event) VALUES (new.id, 'escalated');
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER tell_opened AFTER INSERT ON healing.incidents FOR EACH ROW EXECUTE FUNCTION healing.tell_of_incident();
CREATE TRIGGER tell_moved AFTER UPDATE OF state ON healing.incidents FOR EACH ROW WHEN (old.state <> new.state) EXECUTE FUNCTION healing.tell_of_incident();

-- One sender a sink at a time; a sink that is away is left alone for a while, and nobody else waits for it.
CREATE TABLE healing.alert_sinks (
    sink         text PRIMARY KEY,
    holder       text,
    held_until   timestamptz,
    failures     int NOT NULL DEFAULT 0,
    retry_at     timestamptz,
    last_error   text,
    last_sent_at timestamptz,
    told_all_at  timestamptz
);

-- how often its sink was reached and did not want it
ALTER TABLE healing.alerts ADD COLUMN refusals int NOT NULL DEFAULT 0;
CREATE INDEX alerts_of_sink ON healing.alerts (sink, id) WHERE delivered_at IS NULL AND gave_up_at IS NULL;
