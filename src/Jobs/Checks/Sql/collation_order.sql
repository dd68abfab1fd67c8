-- The server sorts; words that it takes for equal are told apart by their bytes, and that they were equal is part of the answer.
SELECT pg_catalog.string_agg(w.s || CASE WHEN w.same THEN '=' ELSE '<' END, E'\n' ORDER BY w.at)
FROM (SELECT s, pg_catalog.row_number() OVER (ORDER BY s COLLATE :collation, s COLLATE pg_catalog."C") AS at,
             coalesce(s COLLATE :collation = pg_catalog.lag(s) OVER (ORDER BY s COLLATE :collation, s COLLATE pg_catalog."C"), false) AS same
      FROM pg_catalog.unnest(@words::text[]) AS s) AS w
