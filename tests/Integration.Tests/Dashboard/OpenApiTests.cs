using System.Text.Json;
using System.Text.Json.Nodes;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Dashboard;

[TestFixture, NonParallelizable]
public sealed class OpenApiTests
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>A deliberate change of the API is taken over by HEALING_ACCEPT=1.</summary>
    [Test]
    public async Task The_document_is_the_one_that_was_accepted()
    {
        await using var stage = await Stage.OpenAsync();
        var document = JsonNode.Parse(await stage.Http.GetStringAsync("/openapi/v1.json"))!.ToJsonString(Indented) + "\n";
        var file = Path.Combine(Root(), "docs", "openapi.v1.json");
        if (Environment.GetEnvironmentVariable("HEALING_ACCEPT") == "1")
            await File.WriteAllTextAsync(file, document);
        Assert.That(document, Is.EqualTo(await File.ReadAllTextAsync(file)));
        Assert.That(document, Does.Not.Contain("127.0.0.1"));
    }

    private static string Root()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(at.FullName, "HealingWorkers.sln")))
            at = at.Parent ?? throw new InvalidOperationException("no solution above the tests");
        return at.FullName;
    }
}
