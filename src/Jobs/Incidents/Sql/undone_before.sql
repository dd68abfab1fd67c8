-- The incident of the same damage before this one, if what its repair did was undone.
SELECT i.id FROM healing.incidents i
WHERE i.id = (SELECT max(p.id) FROM healing.incidents p WHERE p.fingerprint = @Fingerprint AND p.id < @Id) AND i.state = 'Undone'
