using HealingWorkers.Dashboard.Metrics;

namespace HealingWorkers.Worker.Engine;

/// <summary>What a job engine brings to the dashboard: pages and metrics of its own, behind the same door as all the rest.</summary>
public interface IEnginePages
{
    void Add(IServiceCollection services);

    void Map(IEndpointRouteBuilder routes);

    /// <summary>Our own metrics with those that come with the engine's edition behind them.</summary>
    IMetricsPage Beside(IMetricsPage ours);
}
