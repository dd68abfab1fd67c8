-- What is wrong with a database by the server's own functions and by plain questions; no line when nothing is.
SET statement_timeout = '60s'; SET search_path = public; SET client_min_messages = error;
SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_bitmapscan = off;
CREATE EXTENSION IF NOT EXISTS amcheck;
CREATE EXTENSION IF NOT EXISTS pg_visibility;
-- Every row must be found by its own key through this index alone, and nothing that does not match: the others are hidden until the end of the block.
CREATE FUNCTION pg_temp.unfound(index oid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    item record;
    asked text;
    line text;
    plan text := '';
    bad bigint;
    said text;
BEGIN
    SELECT i.indrelid, i.indrelid::regclass AS tab, quote_ident(c.relname) AS name, pg_get_indexdef(i.indexrelid, 1, true) AS key,
           coalesce(pg_get_expr(i.indpred, i.indrelid), 'true') AS predicate,
           (SELECT o.oprname FROM pg_amop m JOIN pg_operator o ON o.oid = m.amopopr
            WHERE m.amopfamily = k.opcfamily AND m.amoplefttype = k.opcintype AND m.amoprighttype = k.opcintype AND o.oprname IN ('=', '~=', '@>')
            ORDER BY o.oprname = '@>' AND a.amname = 'gin' DESC, o.oprname = '=' DESC, o.oprname LIMIT 1) AS operator
    INTO item
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam JOIN pg_opclass k ON k.oid = i.indclass[0]
    WHERE i.indexrelid = index;
    IF item.operator IS NULL THEN RETURN 'no question is known for it'; END IF;
    BEGIN
        EXECUTE format('CREATE TEMP TABLE rows_of_it AS SELECT f.ctid AS at_place, (%s) AS of_key FROM ONLY %s f WHERE (%s) AND (%s) %s (%s)',
                       item.key, item.tab, item.predicate, item.key, item.operator, item.key);
        UPDATE pg_index SET indisvalid = false WHERE indrelid = item.indrelid AND indexrelid <> index;
        PERFORM set_config('enable_indexscan', 'on', true), set_config('enable_bitmapscan', 'on', true), set_config('enable_seqscan', 'off', true),
                set_config('enable_tidscan', 'off', true), set_config('max_parallel_workers_per_gather', '0', true), set_config('jit', 'off', true);
        asked := format('SELECT count(*) FROM pg_temp.rows_of_it, LATERAL (SELECT count(*) FILTER (WHERE f.ctid = at_place) AS mine, count(*) FILTER (WHERE NOT (%s) %s of_key) AS wrong FROM ONLY %s f WHERE (%s) AND (%s) %s of_key) AS found WHERE mine <> 1 OR wrong > 0',
                        item.key, item.operator, item.tab, item.predicate, item.key, item.operator);
        FOR line IN EXECUTE 'EXPLAIN ' || asked LOOP plan := plan || line; END LOOP;
        IF position(item.name IN plan) = 0 THEN
            said := 'it cannot be asked';
        ELSE
            EXECUTE asked INTO bad;
            IF bad > 0 THEN said := format('%s rows are not found by it, or with rows that do not match', bad); END IF;
        END IF;
        RAISE EXCEPTION USING ERRCODE = 'ZZ001';
    EXCEPTION WHEN SQLSTATE 'ZZ001' THEN
        RETURN said;
    END;
END $$;
CREATE FUNCTION pg_temp.unsound() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    item record;
    bad bigint;
    said text;
BEGIN
    FOR item IN
        SELECT i.indexrelid AS oid, i.indexrelid::regclass AS name, a.amname, i.indisvalid AND i.indisready AND i.indislive AS valid
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam
        WHERE c.relkind = 'i' AND c.relpersistence = 'p'
    LOOP
        BEGIN
            IF NOT item.valid THEN
                RETURN NEXT format('%s is invalid', item.name);
            ELSIF item.amname = 'btree' THEN
                PERFORM bt_index_check(item.oid, true);
            ELSE
                IF item.amname = 'gin' AND to_regprocedure('gin_index_check(regclass)') IS NOT NULL THEN
                    EXECUTE format('SELECT gin_index_check(%s)', item.oid);
                END IF;
                said := pg_temp.unfound(item.oid);
                IF said IS NOT NULL THEN RETURN NEXT format('%s: %s', item.name, said); END IF;
            END IF;
        EXCEPTION WHEN OTHERS THEN
            RETURN NEXT format('%s: %s', item.name, SQLERRM);
        END;
    END LOOP;
    FOR item IN SELECT oid, oid::regclass AS name FROM pg_class WHERE relkind = 'r' AND relpersistence = 'p' AND oid >= 16384 LOOP
        BEGIN
            SELECT count(*) INTO bad FROM verify_heapam(item.oid, check_toast => true);
            IF bad > 0 THEN RETURN NEXT format('%s: %s complaints of verify_heapam', item.name, bad); END IF;
            SELECT count(*) INTO bad FROM pg_check_visible(item.oid);
            IF bad > 0 THEN RETURN NEXT format('%s: %s rows not visible to all', item.name, bad); END IF;
            SELECT count(*) INTO bad FROM pg_check_frozen(item.oid);
            IF bad > 0 THEN RETURN NEXT format('%s: %s rows not frozen', item.name, bad); END IF;
        EXCEPTION WHEN OTHERS THEN
            RETURN NEXT format('%s: %s', item.name, SQLERRM);
        END;
    END LOOP;
    FOR item IN
        SELECT k.conname, k.conrelid::regclass AS child, k.confrelid::regclass AS parent,
               string_agg(format('p.%I = c.%I', p.attname, c.attname), ' AND ') AS pairs, string_agg(format('c.%I IS NOT NULL', c.attname), ' AND ') AS filled
        FROM pg_constraint k, unnest(k.conkey, k.confkey) AS key (mine, theirs),
             pg_attribute c, pg_attribute p
        WHERE k.contype = 'f' AND k.convalidated AND c.attrelid = k.conrelid AND c.attnum = mine AND p.attrelid = k.confrelid AND p.attnum = theirs
        GROUP BY k.oid, k.conname, k.conrelid, k.confrelid
    LOOP
        BEGIN
            EXECUTE format('SELECT count(*) FROM %s c WHERE %s AND NOT EXISTS (SELECT FROM %s p WHERE %s)', item.child, item.filled, item.parent, item.pairs) INTO bad;
            IF bad > 0 THEN RETURN NEXT format('%s: %s orphans', item.conname, bad); END IF;
        EXCEPTION WHEN OTHERS THEN
            RETURN NEXT format('%s: %s', item.conname, SQLERRM);
        END;
    END LOOP;
    FOR item IN SELECT conname, conrelid::regclass AS name, pg_get_expr(conbin, conrelid) AS condition FROM pg_constraint WHERE contype = 'c' AND convalidated AND conrelid >= 16384 LOOP
        EXECUTE format('SELECT count(*) FROM %s WHERE NOT (%s)', item.name, item.condition) INTO bad;
        IF bad > 0 THEN RETURN NEXT format('%s: %s rows violate it', item.conname, bad); END IF;
    END LOOP;
    FOR item IN
        SELECT i.indexrelid::regclass AS name, i.indrelid::regclass AS tab, pg_get_expr(i.indpred, i.indrelid) AS predicate,
               (SELECT string_agg(pg_get_indexdef(i.indexrelid, n, true), ', ') FROM generate_series(1, i.indnkeyatts) AS n) AS keys,
               (SELECT string_agg('(' || pg_get_indexdef(i.indexrelid, n, true) || ') IS NOT NULL', ' AND ') FROM generate_series(1, i.indnkeyatts) AS n) AS filled
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE i.indisunique AND i.indisvalid AND c.relkind = 'i' AND i.indrelid >= 16384 AND i.indrelid NOT IN (SELECT reltoastrelid FROM pg_class)
    LOOP
        EXECUTE format('SELECT count(*) FROM (SELECT FROM ONLY %s WHERE %s AND %s GROUP BY %s HAVING count(*) > 1) AS twice', item.tab, item.filled, coalesce(item.predicate, 'true'), item.keys) INTO bad;
        IF bad > 0 THEN RETURN NEXT format('%s: %s keys are there twice', item.name, bad); END IF;
    END LOOP;
    FOR item IN SELECT oid::regclass AS name FROM pg_class WHERE relkind = 'S' AND relpersistence = 'p' LOOP
        BEGIN
            EXECUTE format('SELECT count(*) FROM %s', item.name) INTO bad;
            IF bad <> 1 THEN RETURN NEXT format('%s has no row', item.name); END IF;
        EXCEPTION WHEN OTHERS THEN
            RETURN NEXT format('%s: %s', item.name, SQLERRM);
        END;
    END LOOP;
    FOR item IN
        SELECT s.oid::regclass AS name, d.refobjid::regclass AS tab, a.attname
        FROM pg_class s JOIN pg_depend d ON d.objid = s.oid AND d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
        JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
        WHERE s.relkind = 'S'
    LOOP
        BEGIN
            EXECUTE format('SELECT count(*) FROM %s WHERE %I > (SELECT last_value FROM %s)', item.tab, item.attname, item.name) INTO bad;
            IF bad > 0 THEN RETURN NEXT format('%s is behind', item.name); END IF;
        EXCEPTION WHEN OTHERS THEN
            RETURN NEXT format('%s: %s', item.name, SQLERRM);
        END;
    END LOOP;
END $$;
SELECT * FROM pg_temp.unsound();
