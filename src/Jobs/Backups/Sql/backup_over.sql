-- Only what is known to be over may be swept, whoever made it: a container that died has another name when it comes again. A place that was used again is not.
SELECT DISTINCT b.place FROM healing.backups b
WHERE b.state IN ('failed', 'removed')
  AND NOT EXISTS (SELECT FROM healing.backups o WHERE o.place = b.place AND o.state IN ('running', 'complete'))
