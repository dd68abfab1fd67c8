using static HealingWorkers.Jobs.Telemetry.MetricSource;
using static HealingWorkers.Jobs.Telemetry.MetricType;

namespace HealingWorkers.Jobs.Telemetry;

/// <summary>Every metric there is; the page at /metrics and docs/metrics.md are made from it.</summary>
public static class MetricCatalogue
{
    public static readonly MetricDescription CorruptionEvents = new("db.corruption.events", Counter, "{event}", MetricSource.Ledger, ["target", "kind", "severity"],
        "Incidents opened, by what was found; an outage is none");

    public static readonly MetricDescription RepairAttempts = new("db.repair.attempts", Counter, "{attempt}", MetricSource.Ledger, ["target", "kind", "outcome"],
        "Repair attempts that ended: succeeded, failed or crashed; deferrals are none");

    public static readonly MetricDescription RepairSuccessRate = new("db.repair.success_rate", Gauge, "", MetricSource.Ledger, ["target"],
        "Of the incidents of the last 30 days that were resolved or escalated, the part resolved; outages left out, and no sample where there were none");

    public static readonly MetricDescription HealthCheckDuration = new("db.health_check.duration", Histogram, "s", MetricSource.Ledger, ["target"],
        "How long health checks took");

    public static readonly MetricDescription CheckLastSuccess = new("healing.check.last_success", Gauge, "s", MetricSource.Ledger, ["target", "check"],
        "When the check last really looked at something, in seconds since 1970; finding damage is a look as well");

    public static readonly MetricDescription IncidentsOpen = new("healing.incidents.open", Gauge, "{incident}", MetricSource.Ledger, ["target", "kind", "severity"],
        "Incidents that are open now; what is healed stays with 0");

    public static readonly MetricDescription OrphansRows = new("healing.orphans.rows", Gauge, "{row}", MetricSource.Ledger, ["target"],
        "Rows that point at rows which do not exist, by foreign keys of the catalogue and of rules, as the last look counted them; what was healed since is 0");

    public static readonly MetricDescription QuarantineRows = new("healing.quarantine.rows", Gauge, "{row}", MetricSource.Ledger, ["target"],
        "Rows in the quarantine of the target, by the last repair, undo or sweep of it");

    public static readonly MetricDescription IncidentsEscalated = new("healing.incidents.escalated", Gauge, "{incident}", MetricSource.Ledger, ["target", "kind", "severity"],
        "Incidents that wait for a person; what was decided stays with 0");

    public static readonly MetricDescription ApprovalsWanted = new("healing.approvals.wanted", Gauge, "{incident}", MetricSource.Ledger, ["target"],
        "Incidents whose plan waits for approval");

    public static readonly MetricDescription WorkersAlive = new("healing.workers.alive", Gauge, "{worker}", MetricSource.Ledger, [],
        "Worker processes that were heard of within a minute");

    public static readonly MetricDescription JobOverdue = new("healing.job.overdue", Gauge, "s", MetricSource.Ledger, ["kind", "target"],
        "How long ago a recurring job should have run and did not succeed; 0 while it runs or its schedule is paused; kind is the job");

    public static readonly MetricDescription ChecksumsLastVerified = new("healing.checksums.last_verified", Gauge, "s", MetricSource.Ledger, ["target"],
        "When all data pages, as restored from a backup, were last read and their checksums compared, in seconds since 1970");

    public static readonly MetricDescription BackupAge = new("healing.backup.age", Gauge, "s", MetricSource.Ledger, ["target"],
        "How long ago the newest good backup that serves the target was begun; no sample where there is none");

    public static readonly MetricDescription BackupUnproven = new("healing.backup.unproven", Gauge, "s", MetricSource.Ledger, ["target"],
        "How long ago a restore last proved a backup that serves the target, or, where none did, the first backup was made; no sample where there is no backup");

    public static readonly MetricDescription AlertsWaiting = new("healing.alerts.waiting", Gauge, "{alert}", MetricSource.Ledger, ["kind"],
        "Alerts that a sink has not taken yet; kind is the sink");

    public static readonly MetricDescription StandbyLag = new("healing.standby.lag", Gauge, "By", MetricSource.Ledger, ["target", "standby"],
        "WAL of the target that a configured standby had not replayed at the last health check; no sample where either could not be asked");

    public static readonly MetricDescription LedgerUp = new("healing.ledger.up", Gauge, "", MetricSource.Ledger, [],
        "1 when the ledger answered for this page; with 0 everything that comes from the ledger is missing");

    public static readonly MetricDescription JobDuration = new("healing.job.duration", Histogram, "s", Process, ["kind", "target", "outcome"],
        "How long the jobs of this process took; kind is the job")
    {
        Bounds = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600],
    };

    public static readonly MetricDescription JobActive = new("healing.job.active", Gauge, "{job}", Process, ["kind"],
        "Jobs that this process runs now; kind is the job");

    public static readonly MetricDescription Observation = new("healing.observation", Gauge, "", Process, ["target", "check", "kind"],
        "What the checks of this process last observed and take for no damage; kind says what: deadlocks, connections, lag and so on");

    public static readonly IReadOnlyList<MetricDescription> All =
    [
        CorruptionEvents, RepairAttempts, RepairSuccessRate, HealthCheckDuration, CheckLastSuccess, IncidentsOpen, OrphansRows, QuarantineRows, IncidentsEscalated, ApprovalsWanted, WorkersAlive, JobOverdue, BackupAge, BackupUnproven, ChecksumsLastVerified, AlertsWaiting, StandbyLag, LedgerUp, JobDuration, JobActive, Observation,
        new("healing.scrub.bytes", Counter, "By", Later, ["target"], "Bytes read by the scrub"),
    ];
}
