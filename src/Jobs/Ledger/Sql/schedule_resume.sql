-- It goes on with its next time; one that went by is made up for once.
DELETE FROM healing.schedule_pauses WHERE id = @Id
