-- What the sessions of this server wait for at this moment; idle clients wait for nothing of the server's.
SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('type', w.wait_event_type, 'event', w.wait_event, 'sessions', w.sessions) ORDER BY w.sessions DESC, w.wait_event), '[]')::text
FROM (SELECT wait_event_type, wait_event, pg_catalog.count(*) AS sessions
      FROM pg_catalog.pg_stat_activity
      WHERE wait_event IS NOT NULL AND wait_event_type NOT IN ('Client', 'Activity')
      GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 50) w
