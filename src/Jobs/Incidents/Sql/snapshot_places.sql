-- Every place that some incident still has evidence in, whoever keeps it: what several machines or containers share is not cleared by one of them.
SELECT DISTINCT s.place FROM healing.snapshots s WHERE s.removed_at IS NULL
