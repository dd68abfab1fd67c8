-- The proof that needs none of our own code: amcheck is content, and every row is found through the index by its own key.
SELECT public.bt_index_check('public.movies_title_idx'::pg_catalog.regclass, true);
