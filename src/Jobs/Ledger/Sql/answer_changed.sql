-- Something is committed under this key, where this transaction wrote anything; what is answered to it is not known yet.
UPDATE healing.answers SET body = '' WHERE visitor = @Visitor AND key = @Key AND status IS NULL
  AND pg_catalog.txid_current_if_assigned() IS NOT NULL
