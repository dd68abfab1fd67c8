-- nothing stays behind
DROP TABLE IF EXISTS healing_failover.written;
DROP SCHEMA IF EXISTS healing_failover RESTRICT;
