-- What there is to say of an incident that stays in its state.
UPDATE healing.incidents SET reason = @Reason WHERE id = @Id
