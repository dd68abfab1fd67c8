-- Reports of one target are taken in one after the other: no dead locks over their incidents, and every count is right.
SELECT id FROM healing.targets WHERE id = @Target FOR NO KEY UPDATE
