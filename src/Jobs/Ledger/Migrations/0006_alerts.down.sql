-- What waits in the outbox stays.
DROP TRIGGER tell_moved ON healing.incidents;
DROP TRIGGER tell_opened ON healing.incidents;
DROP FUNCTION healing.tell_of_incident();
DROP TABLE healing.alert_events, healing.alert_sinks;
DROP INDEX healing.alerts_of_sink;
ALTER TABLE healing.alerts DROP COLUMN refusals;
