-- Counted before anything is done, so that a crash counts.
UPDATE healing.incidents SET attempts = @Number WHERE id = @Id
