-- Copies of whole servers that somebody alive is making: what their folders are called.
SELECT split_part(l.resource, ':', 2) || '-' || l.token FROM healing.leases l
WHERE l.resource LIKE 'base:%' AND l.holder IS NOT NULL AND l.expires_at > clock_timestamp()
