-- A target that is known only since today cannot have an old backup.
SELECT first_seen_at FROM healing.targets WHERE id = @Id
