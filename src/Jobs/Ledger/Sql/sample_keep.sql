-- One of a database in a slot, whoever takes it.
INSERT INTO healing.samples (slot, role, name, at, body)
SELECT @Slot, s.role, s.name, s.at, s.body FROM unnest(@Roles, @Names, @Ats, @Bodies::jsonb[]) AS s (role, name, at, body)
ON CONFLICT DO NOTHING
