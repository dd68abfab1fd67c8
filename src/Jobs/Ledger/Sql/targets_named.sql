-- A list is filtered by numbers that the planner knows: by a name it would have to guess how much of a table is meant.
SELECT id FROM healing.targets WHERE name = @Name
