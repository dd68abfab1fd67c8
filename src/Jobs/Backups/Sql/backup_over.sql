-- Only what is known to be over may be swept; a place that was used again is not.
SELECT DISTINCT b.place FROM healing.backups b
WHERE b.host = @Host AND b.state IN ('failed', 'removed')
  AND NOT EXISTS (SELECT FROM healing.backups o WHERE o.place = b.place AND o.host = b.host AND o.state IN ('running', 'complete'))
