-- No row: it was taken in before, or is just being.
INSERT INTO healing.reports_taken (id) VALUES (@Id) ON CONFLICT DO NOTHING
