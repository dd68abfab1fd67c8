-- How far this place has got; made known when it is first heard of.
INSERT INTO healing.sample_exports (place) VALUES (@Place)
ON CONFLICT (place) DO UPDATE SET place = excluded.place
RETURNING cursor, missed, missed_from, missed_to
