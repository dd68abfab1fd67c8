-- The row is made once and stays, so that its token only ever rises.
INSERT INTO healing.leases (resource) VALUES (@Resource) ON CONFLICT (resource) DO NOTHING
