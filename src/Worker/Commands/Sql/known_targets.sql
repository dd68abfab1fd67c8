-- The newest target of each name: a database that was made anew keeps its name and changes its identity.
SELECT DISTINCT ON (name) id, name FROM healing.targets ORDER BY name, last_seen_at DESC;
