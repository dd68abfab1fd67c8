using Microsoft.AspNetCore.Builder;

namespace HealingWorkers.Dashboard.Api;

/// <summary>What an operation is shown with in the document; a test sends every one of them.</summary>
internal sealed record ParameterExample(string Name, string Value);

internal sealed record BodyExample(object Body);

internal static class ApiExample
{
    public static RouteHandlerBuilder Example(this RouteHandlerBuilder route, string parameter, string value) => route.WithMetadata(new ParameterExample(parameter, value));

    public static RouteHandlerBuilder Example(this RouteHandlerBuilder route, object body) => route.WithMetadata(new BodyExample(body));
}
