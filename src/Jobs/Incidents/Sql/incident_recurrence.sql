-- How often the same damage came, this time included.
SELECT count(*)::int FROM healing.incidents WHERE fingerprint = @Fingerprint AND opened_at > clock_timestamp() - interval '30 days'
