-- What HealingWorkers may do in this database: five groups without a login, to be granted to the roles that it logs in as.
-- May be run again at any time, by a superuser, in each database to be watched: psql -1 -v ON_ERROR_STOP=1 -d DATABASE -f roles.sql
--
--   healing_detect   looks: verifies indexes, tables and visibility maps, reads statistics and settings
--   healing_repair   and repairs what loses nothing: rebuilds and drops indexes, makes visibility maps anew, by membership in the roles that own the tables
--   healing_surgery  and works on single row versions of those tables (pg_surgery): rows that their own bits hide are brought back by it
--   healing_backup   backs the server up: sees how large it is, counts its rows, makes restore points. A base backup also wants ALTER ROLE ... REPLICATION
--                    for the login itself, since that is no right which a group hands on, and a line for replication in pg_hba.conf
--   healing_rest     and reads the server's files through the server, for snapshots of them and for proofs past the cache

CREATE EXTENSION IF NOT EXISTS amcheck;

-- Without these some checks and repairs are unavailable and say so.
DO $extensions$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['pg_visibility', 'pg_surgery'] LOOP
        IF EXISTS (SELECT FROM pg_catalog.pg_available_extensions a WHERE a.name OPERATOR(pg_catalog.=) wanted) THEN
            EXECUTE pg_catalog.format('CREATE EXTENSION IF NOT EXISTS %I', wanted);
        ELSE
            RAISE NOTICE 'this server has not got the extension %', wanted;
        END IF;
    END LOOP;
END
$extensions$;

-- From here on nobody's function or operator is taken for the server's.
SET search_path = pg_catalog, pg_temp;

DO $roles$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['healing_detect', 'healing_repair', 'healing_surgery', 'healing_backup', 'healing_rest'] LOOP
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = wanted) THEN
            EXECUTE pg_catalog.format('CREATE ROLE %I NOLOGIN', wanted);
        END IF;
        EXECUTE pg_catalog.format('GRANT CONNECT ON DATABASE %I TO %I', pg_catalog.current_database(), wanted);
    END LOOP;
END
$roles$;

-- Statistics of everybody's sessions, and settings such as where the data directory is.
GRANT pg_monitor TO healing_detect;

-- The verification of indexes, tables and visibility maps, wherever its extension lives and in each form that it has in this version.
DO $verify$
DECLARE
    schema_name name;
    verify regprocedure;
BEGIN
    FOR schema_name, verify IN
        SELECT n.nspname, p.oid::pg_catalog.regprocedure
        FROM pg_catalog.pg_extension e
        JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.refobjid = e.oid AND d.deptype = 'e'
        JOIN pg_catalog.pg_proc p ON d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND p.oid = d.objid
        JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
        WHERE (e.extname, p.proname) IN (('amcheck', 'bt_index_check'), ('amcheck', 'bt_index_parent_check'), ('amcheck', 'gin_index_check'), ('amcheck', 'verify_heapam'), ('pg_visibility', 'pg_check_visible'), ('pg_visibility', 'pg_check_frozen'))
    LOOP
        EXECUTE pg_catalog.format('GRANT USAGE ON SCHEMA %I TO healing_detect', schema_name);
        EXECUTE pg_catalog.format('GRANT EXECUTE ON FUNCTION %s TO healing_detect', verify);
    END LOOP;
END
$verify$;

-- The schema healing_quarantine is made when a repair first takes a row, and not before.
DO $quarantine$
BEGIN
    EXECUTE pg_catalog.format('GRANT CREATE ON DATABASE %I TO healing_repair', pg_catalog.current_database());
END
$quarantine$;

GRANT healing_detect TO healing_repair;
GRANT healing_repair TO healing_surgery;
GRANT healing_repair TO healing_rest;

-- What repairs call, wherever its extension lives.
DO $work$
DECLARE
    schema_name name;
    called regprocedure;
    wanted name;
BEGIN
    FOR schema_name, called, wanted IN
        SELECT n.nspname, p.oid::pg_catalog.regprocedure, CASE e.extname WHEN 'pg_surgery' THEN 'healing_surgery' ELSE 'healing_repair' END
        FROM pg_catalog.pg_extension e
        JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.refobjid = e.oid AND d.deptype = 'e'
        JOIN pg_catalog.pg_proc p ON d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND p.oid = d.objid
        JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
        WHERE (e.extname, p.proname) IN (('pg_visibility', 'pg_truncate_visibility_map'), ('pg_surgery', 'heap_force_freeze'), ('pg_surgery', 'heap_force_kill'))
    LOOP
        EXECUTE pg_catalog.format('GRANT USAGE ON SCHEMA %I TO %I', schema_name, wanted);
        EXECUTE pg_catalog.format('GRANT EXECUTE ON FUNCTION %s TO %I', called, wanted);
    END LOOP;
END
$work$;

-- Only an owner may rebuild an index, until 17 brought pg_maintain. A superuser's tables are left out: that membership would be everything.
DO $owners$
DECLARE
    owner name;
    version int := pg_catalog.current_setting('server_version_num')::int;
BEGIN
    IF version >= 150000 THEN
        GRANT pg_checkpoint TO healing_repair;
    END IF;
    IF version >= 170000 THEN
        GRANT pg_maintain TO healing_repair;
    END IF;
    FOR owner IN
        SELECT DISTINCT r.rolname
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_roles r ON r.oid = c.relowner
        WHERE c.relkind IN ('r', 'm', 'p') AND c.oid >= 16384 AND r.rolname NOT LIKE 'healing\_%'
    LOOP
        IF (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = owner) THEN
            IF version < 170000 THEN
                RAISE NOTICE 'tables of the superuser % cannot be repaired by healing_repair: give them to another owner, or repair with a role that may', owner;
            END IF;
        ELSIF pg_catalog.pg_has_role(owner, 'healing_repair', 'MEMBER') THEN
            RAISE NOTICE 'the role % owns tables and is a member of healing_repair itself: it can repair them', owner;
        ELSE
            EXECUTE pg_catalog.format('GRANT %I TO healing_repair', owner);
        END IF;
    END LOOP;
END
$owners$;

GRANT pg_read_all_stats, pg_read_all_data TO healing_backup;
GRANT EXECUTE ON FUNCTION pg_catalog.pg_create_restore_point(text) TO healing_backup;

GRANT EXECUTE ON FUNCTION pg_catalog.pg_read_binary_file(text, bigint, bigint, boolean) TO healing_rest;
GRANT EXECUTE ON FUNCTION pg_catalog.pg_stat_file(text, boolean) TO healing_rest;
