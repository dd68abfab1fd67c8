-- Every place on this host that some incident still has evidence in.
SELECT DISTINCT s.place FROM healing.snapshots s WHERE s.host = @Host AND s.removed_at IS NULL
