-- The slot of a server keeps its name, whichever of its targets is looked after.
SELECT name FROM healing.targets WHERE system_identifier = @SystemIdentifier ORDER BY id LIMIT 1
