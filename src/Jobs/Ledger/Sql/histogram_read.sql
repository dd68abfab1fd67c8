-- All series of one metric.
SELECT labels::text AS labels, bucket, count, sum FROM healing.histograms WHERE metric = @Metric ORDER BY labels, bucket
