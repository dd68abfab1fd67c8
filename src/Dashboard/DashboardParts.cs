using HealingWorkers.Dashboard.Api;
using HealingWorkers.Dashboard.Metrics;
using HealingWorkers.Dashboard.Outage;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HealingWorkers.Dashboard;

/// <summary>What the dashboard stands on.</summary>
public sealed record DashboardParts(HealingOptions Options, LedgerDb Ledger, IJobDesk Jobs, IMetricsPage Metrics, TimeProvider Clock, ILoggerFactory Logs)
{
    /// <summary>The ways into the targets, to look at plans, quarantines and rights.</summary>
    public TargetSet Targets { get; init; } = new([]);

    public OutageBounds Outage { get; init; } = OutageBounds.Usual;

    /// <summary>What an edition brings of its own; it is behind the same door as all the rest.</summary>
    public Action<IServiceCollection> AddMore { get; init; } = static _ => { };

    public Action<IEndpointRouteBuilder> MapMore { get; init; } = static _ => { };

    /// <summary>Every value in force with its source, secrets hidden.</summary>
    public IReadOnlyList<EffectiveValue> Config { get; init; } = [];
}
