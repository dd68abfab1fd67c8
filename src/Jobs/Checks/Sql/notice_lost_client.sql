-- A backend whose client was killed would work on for hours; it looks every few seconds whether somebody still listens.
SELECT pg_catalog.set_config('client_connection_check_interval', '5s', false)
