using Hangfire;
using Hangfire.Dashboard;
using HealingWorkers.Dashboard.Http;
using HealingWorkers.Dashboard.Metrics;
using HealingWorkers.Jobs.Ledger;

namespace HealingWorkers.Worker.Engine.Hangfire;

/// <summary>Hangfire's own pages, for whoever may see ours; operators may also act. Each delivery leads to its run and its incident.</summary>
internal sealed class HangfirePages(JobStorage storage, LedgerDb db) : IEnginePages
{
    public const string Path = "/hangfire";

    private readonly DeliveryDetails _details = new(db);

    public void Add(IServiceCollection services) =>
        services.AddHangfire(configuration => configuration.UseStorage(storage).UseJobDetailsRenderer(1, _details.Of));

    public void Map(IEndpointRouteBuilder routes) => routes.MapHangfireDashboard(Path, new DashboardOptions
    {
        DashboardTitle = "HealingWorkers: deliveries",
        AppPath = "/",
        Authorization = [],
        AsyncAuthorization = [new HangfireDoor(new AuditLog(db))],
        IsReadOnlyFunc = context => Visitor.Of(context.GetHttpContext()).Role != Role.Operator,
        DisplayStorageConnectionString = false,
    }, storage);

    public IMetricsPage Beside(IMetricsPage ours) => new BridgedMetrics(ours);
}
