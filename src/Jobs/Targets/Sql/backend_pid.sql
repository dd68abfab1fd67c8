-- the backend that really answers, whoever stands between
SELECT pg_catalog.pg_backend_pid()
