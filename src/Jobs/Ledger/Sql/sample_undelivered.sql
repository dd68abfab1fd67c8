-- Why not, for whoever looks.
UPDATE healing.sample_exports SET problem = @Problem WHERE place = @Place
