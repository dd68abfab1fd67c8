using HealingWorkers.Integration.Tests.Dashboard;
using HealingWorkers.Integration.Tests.Dashboard.Pages;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Healing;

/// <summary>A role that may nothing: its target's page says what it lacks and what grants it, and docs/rights.md knows each of these.</summary>
[TestFixture]
internal sealed class PoorRoleTests
{
    [Test]
    public async Task What_a_poor_role_lacks_is_on_the_page_in_the_api_and_in_the_documentation()
    {
        await using var hospital = await Hospital.OpenAsync(50);
        var role = $"poor_{hospital.Database}";
        await Hospital.Cluster.ExecuteAsync(hospital.Database, $"CREATE ROLE {role} LOGIN; REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC");
        var options = new TargetOptions { Name = "movies", Connection = Hospital.Cluster.ConnectionString(hospital.Database, role) };
        await using var target = new Target(options, TimeProvider.System);
        var lacking = await TargetRights.LackingAsync(target, default);
        Assert.That(lacking.Select(l => l.Name), Is.SupersetOf(new[] { "verify_heap", "monitor", "read_rows", "own_tables", "make_quarantine", "write_rows", "surgery" }));
        Assert.That(lacking.Select(l => l.Role).Distinct(), Is.EqualTo(new[] { role }));

        var docs = await File.ReadAllTextAsync(Path.Combine(Root(), "docs", "rights.md"));
        Assert.That(lacking.SelectMany(l => l.NeededBy).Distinct(StringComparer.Ordinal).Where(n => !docs.Contains($"[{n}](", StringComparison.Ordinal)), Is.Empty);

        await using var stage = await Stage.OpenAsync(hospital.Db.ConnectionString, o => o.Targets.Add(options));
        using var visit = new Visit(stage.Http.BaseAddress!);
        var id = await new Jobs.Incidents.IncidentLedger(stage.Db).RegisterTargetAsync("movies", await target.FactsAsync(default), default);
        await new TargetLooks(stage.Db).SaveAsync(id, await TargetLook.TakeAsync(target, default), default);
        var page = System.Net.WebUtility.HtmlDecode(await visit.GetAsync("/targets/movies"));
        foreach (var lack in lacking)
            Assert.That(page, Does.Contain(lack.Right).And.Contain(lack.Grant), lack.Name);
        var (_, api) = await stage.GetAsync("/api/v1/targets/movies/rights");
        Assert.That(api.AsArray().Select(l => $"{l!["name"]}"), Is.EqualTo(lacking.Select(l => l.Name)));
    }

    private static string Root()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(at!.FullName, "HealingWorkers.sln")))
            at = at.Parent;
        return at.FullName;
    }
}
