-- Where the index lies now: a rebuild gives it a new file.
SELECT pg_catalog.pg_relation_filepath('public.movies_title_idx'::pg_catalog.regclass);
