-- Counted where it falls; the reader makes the counts cumulative.
INSERT INTO healing.histograms (metric, labels, bucket, count, sum)
VALUES (@Metric, @Labels::jsonb, @Bucket, 1, @Seconds)
ON CONFLICT (metric, labels, bucket) DO UPDATE SET count = histograms.count + 1, sum = histograms.sum + excluded.sum
