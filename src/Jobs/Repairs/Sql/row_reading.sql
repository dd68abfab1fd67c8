-- A session that reads rows of a damaged block one by one, each by its place: it writes nothing, waits for nobody for long, and a row that does not come to an end is given up.
SET default_transaction_read_only = on;
SET enable_seqscan = off;
SET row_security = off;
SET lock_timeout = '10s';
SET statement_timeout = '30s'
