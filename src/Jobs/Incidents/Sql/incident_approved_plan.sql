-- The plan that an approval is bound to, beside the change of state: an older ledger has no column for it, and is asked for none.
UPDATE healing.incidents SET approved_plan = @Plan::text WHERE id = @Id
