-- The sink was away: it is tried again as soon as the sink is, however often.
UPDATE healing.alerts SET tries = tries + 1, last_error = @Error WHERE id = @Id AND delivered_at IS NULL AND gave_up_at IS NULL
