-- The demonstration database: a little of everything that a database can hold.
CREATE TABLE people (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    born date
);
INSERT INTO people (name, born)
SELECT 'Person ' || i, date '1920-01-01' + i % 30000
FROM generate_series(1, :rows) AS i;

CREATE TABLE external_metadata (
    id bigint PRIMARY KEY,
    source text NOT NULL,
    payload jsonb NOT NULL
);
INSERT INTO external_metadata (id, source, payload)
SELECT 100000 + i, (ARRAY['tmdb', 'imdb', 'wikidata'])[1 + i % 3], jsonb_build_object('votes', i * 7 % 10000)
FROM generate_series(1, :rows) AS i;

-- No foreign key from tmdb_id and no check of content_rating: what no catalogue tells is for rules to find.
CREATE TABLE movies (
    id bigint PRIMARY KEY,
    title text NOT NULL,
    year int NOT NULL,
    tmdb_id bigint,
    content_rating text,
    metadata_json jsonb NOT NULL DEFAULT '{}',
    script text,
    added_at timestamptz NOT NULL DEFAULT '2024-01-01'
);
ALTER TABLE movies ALTER COLUMN script SET STORAGE EXTERNAL;
-- Hashes do not compress and do not sort: indexes over them have many leaves and no runs.
INSERT INTO movies (id, title, year, tmdb_id, content_rating, metadata_json, script)
SELECT i,
       'Movie ' || i || ' ' || md5(i::text),
       1920 + i % 105,
       100000 + i,
       (ARRAY['G', 'PG', 'PG-13', 'R', 'NC-17', NULL])[1 + i % 6],
       jsonb_build_object('runtime', 60 + i % 120, 'genres', jsonb_build_array('g' || i % 12, 'g' || i % 7)),
       CASE WHEN i % 10 = 0 THEN (SELECT string_agg(md5(i || ':' || n), '') FROM generate_series(1, 200) AS n) END
FROM generate_series(1, :rows) AS i;
CREATE INDEX movies_title_idx ON movies (title);
CREATE INDEX movies_title_lower_idx ON movies (lower(title));
CREATE UNIQUE INDEX movies_tmdb_id_key ON movies (tmdb_id);
CREATE INDEX movies_year_rating_idx ON movies (year DESC, content_rating NULLS FIRST) INCLUDE (title);
CREATE INDEX movies_recent_idx ON movies (added_at, id) WHERE year >= 2000;
CREATE INDEX movies_metadata_gin ON movies USING gin (metadata_json);
CREATE INDEX movies_year_brin ON movies USING brin (year);
CREATE INDEX movies_title_hash ON movies USING hash (title);

CREATE TABLE casts (
    movie_id bigint NOT NULL REFERENCES movies (id) ON DELETE CASCADE,
    person_id bigint NOT NULL REFERENCES people (id),
    role text NOT NULL,
    PRIMARY KEY (movie_id, person_id, role)
);
INSERT INTO casts (movie_id, person_id, role)
SELECT i, 1 + (i * 31 + n * 17) % :rows, 'role ' || n
FROM generate_series(1, :rows) AS i, generate_series(1, 3) AS n;
CREATE INDEX casts_person_id_idx ON casts (person_id);

CREATE TABLE watch_events (
    id bigint GENERATED ALWAYS AS IDENTITY,
    movie_id bigint NOT NULL,
    watched_at timestamptz NOT NULL,
    seconds int NOT NULL,
    PRIMARY KEY (id, watched_at)
) PARTITION BY RANGE (watched_at);
CREATE TABLE watch_events_2024h1 PARTITION OF watch_events FOR VALUES FROM ('2024-01-01') TO ('2024-07-01');
CREATE TABLE watch_events_2024h2 PARTITION OF watch_events FOR VALUES FROM ('2024-07-01') TO ('2025-01-01');
CREATE TABLE watch_events_rest PARTITION OF watch_events DEFAULT;
CREATE INDEX watch_events_movie_id_idx ON watch_events (movie_id, watched_at);
INSERT INTO watch_events (movie_id, watched_at, seconds)
SELECT 1 + i % :rows, timestamptz '2024-01-01 00:00+00' + i % 400 * interval '1 day' + i * interval '1 second', i % 7200
FROM generate_series(1, 2 * :rows) AS i;

-- Names that break whoever does not quote them.
CREATE SCHEMA "we""ird; DROP TABLE x--";
CREATE TABLE "we""ird; DROP TABLE x--"."Order's ""table""" ("Select" int PRIMARY KEY, "from" text NOT NULL);
INSERT INTO "we""ird; DROP TABLE x--"."Order's ""table""" SELECT i, md5(i::text) FROM generate_series(1, :rows) AS i;
CREATE INDEX "we""ird; DROP TABLE x--" ON "we""ird; DROP TABLE x--"."Order's ""table""" ("from");
ANALYZE;
