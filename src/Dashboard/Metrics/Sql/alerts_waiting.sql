-- What each sink is still to be told; one that was ever told anything stays with 0.
SELECT sink AS kind, sum(waiting)::float8 AS value
FROM (SELECT sink, 0 AS waiting FROM healing.alert_sinks
      UNION ALL SELECT sink, count(*) FROM healing.alerts WHERE delivered_at IS NULL AND gave_up_at IS NULL GROUP BY 1) s
GROUP BY 1 ORDER BY 1
