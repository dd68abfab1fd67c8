-- Since when a file that is written once, when a cluster is made, has been where it is.
SELECT f.change FROM pg_catalog.pg_stat_file('PG_VERSION', true) f
