-- The keys of cookies and forms, oldest first.
SELECT xml FROM healing.web_keys ORDER BY created_at, name
