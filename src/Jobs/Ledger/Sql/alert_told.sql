-- How loudly some incidents were told of: their end is told as loudly, so that whoever heard of one hears that it is over. One read for all of them.
SELECT incident_id, severity FROM healing.alerts WHERE incident_id = ANY (@Incidents) GROUP BY incident_id, severity
