-- The incident of the damage just done; older ones of earlier runs are closed.
SELECT id, state, reason FROM healing.incidents
WHERE opened_at >= @since AND object LIKE '%movies_title_idx%'
ORDER BY id DESC LIMIT 1;
