-- Back to an empty schema; schema_migrations is the migrator's own and stays.
DROP TABLE healing.audit_log, healing.alerts, healing.check_memory, healing.histograms, healing.check_runs, healing.workers,
    healing.job_runs, healing.receipts, healing.snapshots, healing.leases, healing.attempts, healing.incidents,
    healing.pauses, healing.targets, healing.identity;
