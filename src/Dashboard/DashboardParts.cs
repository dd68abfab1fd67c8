using HealingWorkers.Dashboard.Api;
using HealingWorkers.Dashboard.Metrics;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using Microsoft.Extensions.Logging;

namespace HealingWorkers.Dashboard;

/// <summary>What the dashboard stands on.</summary>
public sealed record DashboardParts(HealingOptions Options, LedgerDb Ledger, IJobDesk Jobs, IMetricsPage Metrics, TimeProvider Clock, ILoggerFactory Logs);
