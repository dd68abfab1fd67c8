-- one of several tables of the same shape: a key, a scattered integer, a text
CREATE TABLE movies_:table (id bigint PRIMARY KEY, tmdb_id int NOT NULL, title text NOT NULL, overview text NOT NULL);
INSERT INTO movies_:table
SELECT n, (n::bigint * 2654435761 % 2147483647)::int, md5(n::text), repeat(md5((n + 7)::text), 3)
FROM generate_series(1, :rows) AS n;
CREATE INDEX movies_:table_tmdb ON movies_:table (tmdb_id);
CREATE INDEX movies_:table_title ON movies_:table (title);
