using HealingWorkers.Dashboard.Fleet;
using HealingWorkers.Dashboard.Pages.Fleet;
using HealingWorkers.Dashboard.Pages.Incidents;
using HealingWorkers.Dashboard.Pages.Live;
using HealingWorkers.Dashboard.Pages.Quarantine;
using HealingWorkers.Dashboard.Pages.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace HealingWorkers.Dashboard.Pages;

/// <summary>The pages, in the web server that serves the API.</summary>
internal static class PagesSetup
{
    public static void Add(IServiceCollection services, DashboardParts parts)
    {
        services.AddSingleton(parts);
        services.AddSingleton(parts.Ledger);
        services.AddSingleton(parts.Clock);
        services.AddRazorComponents();
        services.AddSingleton<Flash>();
        services.AddSingleton<PageMemory>();
        services.AddSingleton<PageAnswer>();
        services.AddSingleton<PageServer>();
        services.AddSingleton<ProblemPage>();
        services.AddSingleton<ChangeFeed>();
        services.AddSingleton<EventsEndpoint>();
        services.AddSingleton<PlanBook>();
        services.AddSingleton<PlanBoard>();
        services.AddSingleton<ChainWatch>();
    }

    public static void Map(WebApplication app)
    {
        app.Use(app.Services.GetRequiredService<PageServer>().ServeAsync);
        app.UseAntiforgery();
        SiteAssets.Map(app);
        app.Services.GetRequiredService<EventsEndpoint>().Map(app);
        new IncidentForms(app.Services.GetRequiredService<DashboardParts>()).Map(app);
        new FleetForms(app.Services.GetRequiredService<DashboardParts>()).Map(app);
        new QuarantineForms(app.Services.GetRequiredService<DashboardParts>()).Map(app);
        app.MapRazorComponents<App>();
    }
}
