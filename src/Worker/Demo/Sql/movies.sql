-- The demonstration database: enough movies that an index over their titles has many leaves.
CREATE EXTENSION IF NOT EXISTS amcheck;
CREATE TABLE movies (
    id       bigint PRIMARY KEY,
    title    text NOT NULL,
    year     int NOT NULL,
    rating   text,
    added_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO movies (id, title, year, rating)
SELECT i, 'Movie ' || md5(i::text), 1920 + i % 105, (ARRAY['G', 'PG', 'PG-13', 'R', NULL])[1 + i % 5]
FROM generate_series(1, 50000) AS i;
CREATE INDEX movies_title_idx ON movies (title);
CREATE INDEX movies_year_idx ON movies (year, id);
CREATE TABLE people (
    id   bigint PRIMARY KEY,
    name text NOT NULL
);
INSERT INTO people SELECT i, 'Person ' || md5((-i)::text) FROM generate_series(1, 10000) AS i;
CREATE INDEX people_name_idx ON people (name);
CREATE TABLE casts (
    movie_id  bigint NOT NULL REFERENCES movies,
    person_id bigint NOT NULL REFERENCES people,
    PRIMARY KEY (movie_id, person_id)
);
INSERT INTO casts SELECT i, 1 + (i * 31 + n * 17) % 10000 FROM generate_series(1, 50000) AS i, generate_series(1, 2) AS n;
CREATE INDEX casts_person_id_idx ON casts (person_id);
ANALYZE;
