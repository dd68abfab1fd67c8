-- A crash of one backend makes the server start all its others anew, and keeps the time of its own start:
-- the checkpointer's tells. Without the right to see that one (pg_monitor) only a whole restart is known.
SELECT pg_catalog.pg_postmaster_start_time() > @start
    OR EXISTS (SELECT FROM pg_catalog.pg_stat_activity a WHERE a.backend_type = 'checkpointer' AND a.backend_start > @start)
