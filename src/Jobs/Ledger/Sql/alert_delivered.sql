-- Told; it is kept so that the same key is not told again.
UPDATE healing.alerts SET delivered_at = clock_timestamp(), tries = tries + 1, last_error = NULL WHERE id = @Id AND delivered_at IS NULL
