-- whether a standby has come so far
SELECT pg_catalog.pg_last_wal_replay_lsn() >= @position::pg_catalog.pg_lsn
