-- signs of a program that promotes by itself: it, not we, decides who is primary
WITH seen AS (
    SELECT s.name, s.setting, s.source, s.sourcefile FROM pg_catalog.pg_settings s
), preload AS (
    SELECT setting FROM seen WHERE name = 'shared_preload_libraries'
), apps AS (
    SELECT DISTINCT pg_catalog.lower(a.application_name) AS name FROM pg_catalog.pg_stat_activity a
)
SELECT 'Patroni' AS "Name", 'its configuration includes postgresql.base.conf' AS "Text" WHERE EXISTS (SELECT FROM seen WHERE sourcefile LIKE '%/postgresql.base.conf' OR sourcefile LIKE '%patroni%')
UNION ALL SELECT 'Patroni', 'its settings are given on the command line as Patroni does'
    WHERE 3 = (SELECT pg_catalog.count(*) FROM seen WHERE source = 'command line' AND name IN ('hot_standby', 'max_locks_per_transaction', 'track_commit_timestamp'))
UNION ALL SELECT 'Patroni', 'a session calls itself ' || name FROM apps WHERE name LIKE 'patroni%'
UNION ALL SELECT 'pg_auto_failover', 'its library is preloaded' FROM preload WHERE setting LIKE '%pgautofailover%'
UNION ALL SELECT 'pg_auto_failover', 'the role ' || r.rolname || ' is there' FROM pg_catalog.pg_roles r WHERE r.rolname IN ('pgautofailover_replicator', 'pgautofailover_monitor', 'autoctl_node')
UNION ALL SELECT 'pg_auto_failover', 'a session calls itself ' || name FROM apps WHERE name LIKE 'pgautofailover%' OR name LIKE 'pg_auto%'
UNION ALL SELECT 'repmgr', 'its library is preloaded' FROM preload WHERE setting LIKE '%repmgr%'
UNION ALL SELECT 'repmgr', 'its extension is in this database' FROM pg_catalog.pg_extension e WHERE e.extname = 'repmgr'
UNION ALL SELECT 'repmgr', 'a session calls itself ' || name FROM apps WHERE name LIKE 'repmgr%'
UNION ALL SELECT 'CloudNativePG', 'its manager archives or connects' WHERE EXISTS (SELECT FROM seen WHERE name = 'archive_command' AND setting LIKE '/controller/manager%') OR EXISTS (SELECT FROM apps WHERE name LIKE 'cnpg%')
UNION ALL SELECT 'Stolon', 'its configuration is written by the keeper' WHERE EXISTS (SELECT FROM seen WHERE sourcefile LIKE '%stolon%') OR EXISTS (SELECT FROM apps WHERE name LIKE 'stolon%')
