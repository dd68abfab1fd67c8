using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.OpenApi;

namespace HealingWorkers.Dashboard.Api;

/// <summary>/openapi/v1.json, the same wherever it is served.</summary>
internal static class ApiDocument
{
    public const string Path = "/openapi/{documentName}.json";
    private const string Prefix = "api/v1/";

    public static void Add(IServiceCollection services) => services.AddOpenApi("v1", options => options.AddDocumentTransformer((document, _, _) =>
    {
        document.Info.Title = "HealingWorkers";
        document.Info.Version = "v1";
        document.Info.Description = "Incidents, jobs and targets of a fleet of healing workers. Every error is a problem with a code and a hint. "
            + "A change may bear an Idempotency-Key header: asked again within a day with the same key it is answered the same and not done again. "
            + "GET /events is a stream of server-sent events: `event: change`, whose data names what changed (incidents, jobs, fleet, beat, away).";
        document.Servers?.Clear();
        return Task.CompletedTask;
    }).AddOperationTransformer((operation, context, _) =>
    {
        Describe(operation, context);
        return Task.CompletedTask;
    }));

    private static void Describe(OpenApiOperation operation, OpenApiOperationTransformerContext context)
    {
        var (metadata, path) = (context.Description.ActionDescriptor.EndpointMetadata, context.Description.RelativePath ?? "");
        operation.Tags = new HashSet<OpenApiTagReference> { new(path.StartsWith(Prefix, StringComparison.Ordinal) ? path[Prefix.Length..].Split('/')[0] : "health") };
        foreach (var example in metadata.OfType<ParameterExample>())
        {
            if (operation.Parameters?.FirstOrDefault(p => p.Name == example.Name) is OpenApiParameter parameter)
                parameter.Example = JsonValue.Create(example.Value);
        }
        if (metadata.OfType<BodyExample>().FirstOrDefault() is { } body && operation.RequestBody?.Content is { } content)
        {
            var json = context.ApplicationServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
            foreach (var type in content.Values)
                type.Example = JsonSerializer.SerializeToNode(body.Body, json);
        }
        if (path.StartsWith(Prefix, StringComparison.Ordinal) && context.Description.HttpMethod == "POST")
            (operation.Parameters ??= []).Add(new OpenApiParameter { Name = Http.Idempotency.Header, In = ParameterLocation.Header, Description = "Once a key: the same request again is answered the same and not done again", Schema = new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = 200 } });
    }
}
