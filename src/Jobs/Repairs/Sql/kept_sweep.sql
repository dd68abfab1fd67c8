-- Some rows of a batch go for good; that there were rows, how many and with which hash stays known.
DELETE FROM healing_quarantine.rows r
WHERE r.ctid = ANY (ARRAY(SELECT x.ctid FROM healing_quarantine.rows x WHERE x.batch = @batch LIMIT @most))
