-- What makes tables look used: rows of a rolled back transaction, chains of updates within a page, dead rows.
BEGIN;
INSERT INTO people (name, email) SELECT 'Nobody ' || i, 'nobody' || i FROM generate_series(1, 20) AS i;
INSERT INTO reviews (stars, place, body) SELECT 1, point(1, 1), 'gone' FROM generate_series(1, 20) AS i;
ROLLBACK;
UPDATE people SET deleted_at = '2024-06-06' WHERE id % 97 = 0;
UPDATE external_metadata SET source = 'imdb' WHERE id % 89 = 0;
DELETE FROM tallies WHERE ctid = '(0,7)';
ANALYZE;
