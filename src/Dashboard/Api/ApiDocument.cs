using Microsoft.Extensions.DependencyInjection;

namespace HealingWorkers.Dashboard.Api;

/// <summary>/openapi/v1.json, the same wherever it is served.</summary>
internal static class ApiDocument
{
    public const string Path = "/openapi/{documentName}.json";

    public static void Add(IServiceCollection services) => services.AddOpenApi("v1", options => options.AddDocumentTransformer((document, _, _) =>
    {
        document.Info.Title = "HealingWorkers";
        document.Info.Version = "v1";
        document.Info.Description = "Incidents, jobs and targets of a fleet of healing workers. Every error is a problem with a code and a hint.";
        document.Servers?.Clear();
        return Task.CompletedTask;
    }));
}
