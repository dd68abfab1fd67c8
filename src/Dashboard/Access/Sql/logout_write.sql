-- Ended before its time; what has run out by itself goes.
WITH gone AS (DELETE FROM healing.web_logouts WHERE until < pg_catalog.now())
INSERT INTO healing.web_logouts (session, until) VALUES (@Session, @Until) ON CONFLICT (session) DO NOTHING
