using Hangfire;
using Hangfire.Dashboard;

namespace HealingWorkers.Worker.Engine.Hangfire;

/// <summary>Hangfire's own pages, for whoever may see them; operators may also act.</summary>
public static class HangfireDashboard
{
    public const string Path = "/hangfire";

    public static IServiceCollection AddHangfireDashboard(this IServiceCollection services, JobStorage storage) =>
        services.AddHangfire(configuration => configuration.UseStorage(storage));

    public static IEndpointConventionBuilder MapHangfirePages(this IEndpointRouteBuilder endpoints, JobStorage storage, Func<HttpContext, Task<bool>> maySee, Func<HttpContext, bool> mayAct) =>
        endpoints.MapHangfireDashboard(Path, new DashboardOptions
        {
            DashboardTitle = "HealingWorkers",
            Authorization = [],
            AsyncAuthorization = [new Gate(maySee)],
            IsReadOnlyFunc = context => !mayAct(context.GetHttpContext()),
            DisplayStorageConnectionString = false,
        }, storage);

    private sealed class Gate(Func<HttpContext, Task<bool>> maySee) : IDashboardAsyncAuthorizationFilter
    {
        public Task<bool> AuthorizeAsync(DashboardContext context) => maySee(context.GetHttpContext());
    }
}
