-- A key comes once, and never changes.
INSERT INTO healing.web_keys (name, xml) VALUES (@Name, @Xml) ON CONFLICT (name) DO NOTHING
