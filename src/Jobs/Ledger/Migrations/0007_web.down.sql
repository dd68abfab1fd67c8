-- Everybody logs in again.
DROP TABLE healing.web_keys, healing.web_logouts;
