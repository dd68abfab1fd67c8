-- what is on an older one has not followed
SELECT max(timeline_after) FROM healing.failovers WHERE target_id = @Target AND state IN ('promoted', 'done')
