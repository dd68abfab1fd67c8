using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Components.Endpoints;
using Microsoft.AspNetCore.Routing;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Dashboard;

/// <summary>Whatever a person can do on a page, a program can do too.</summary>
[TestFixture, NonParallelizable]
public sealed class FormsAndApiTests
{
    /// <summary>Forms whose operation has another address than the form itself.</summary>
    private static readonly Dictionary<string, string[]> Elsewhere = new(StringComparer.Ordinal)
    {
        ["/incidents/decisions"] = ["/incidents/approve", "/incidents/close", "/incidents/suppress"],
        ["/jobs/retry-all"] = ["/jobs/retry"],
        ["/jobs/cancel-all"] = ["/jobs/cancel"],
        ["/jobs/delete-all"] = ["/jobs/delete"],
        ["/schedules/run"] = ["/trigger"],
        ["/schedules/pause"] = ["/schedules/{id}/pause"],
        ["/schedules/resume"] = ["/schedules/{id}/resume"],
        ["/workers/drain"] = ["/workers/{id}/drain"],
        ["/workers/resume"] = ["/workers/{id}/resume"],
        ["/targets/pause"] = ["/pause"],
        ["/targets/resume"] = ["/resume"],
        ["/configuration/alerts/test"] = ["/alerts/test"],
        ["/quarantine/restore"] = ["/incidents/{id}/undo"],
        ["/quarantine/{id}/rows"] = ["/incidents/{id}/undo"],
    };

    [Test]
    public async Task Each_form_has_its_operation()
    {
        await using var stage = await Stage.OpenAsync();
        var document = JsonNode.Parse(await stage.Http.GetStringAsync("/openapi/v1.json"))!["paths"]!.AsObject();
        var forms = stage.Host.Endpoints.OfType<RouteEndpoint>()
            .Where(e => e.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods.Contains("POST") == true && e.Metadata.GetMetadata<ComponentTypeMetadata>() is null)
            .Select(e => "/" + e.RoutePattern.RawText!.TrimStart('/').Replace(":long", "", StringComparison.Ordinal))
            .Where(path => !path.StartsWith("/api/", StringComparison.Ordinal) && path is not ("/login" or "/logout")).ToList();
        Assert.That(forms, Has.Count.GreaterThan(15).And.Contains("/incidents/{id}/refuse").And.Contains("/incidents/{id}/escalate"));
        Assert.That(Elsewhere.Keys, Is.SubsetOf(forms), "forms that are gone");
        foreach (var form in forms)
        {
            foreach (var path in Elsewhere.GetValueOrDefault(form, [form]))
                Assert.That(document[$"/api/v1{path}"]?["post"], Is.Not.Null, $"the form {form} has no operation POST /api/v1{path}");
        }
    }

    [Test]
    public async Task A_plan_is_refused_and_an_incident_taken_from_the_workers_by_a_program()
    {
        await using var stage = await Stage.OpenAsync();
        var story = new Story(stage.Db);
        var (waits, open) = (await story.DamageAsync("waits"), await story.DamageAsync("open"));
        await story.AskAsync(waits);
        var why = new { reason = "not on a Friday", actor = "anna" };
        var (status, refused) = await stage.PostAsync($"/api/v1/incidents/{waits.Id}/refuse", why);
        Assert.That($"{status} {refused["state"]} {refused["reason"]}", Is.EqualTo("200 Escalated refused by anna: not on a Friday"));
        Assert.That((await stage.PostAsync($"/api/v1/incidents/{open.Id}/refuse", why)).Status, Is.EqualTo(409), "it waits for no approval");
        var (done, escalated) = await stage.PostAsync($"/api/v1/incidents/{open.Id}/escalate", why);
        Assert.That($"{done} {escalated["state"]} {escalated["reason"]}", Is.EqualTo("200 Escalated escalated by anna: not on a Friday"));
        Assert.That((await stage.PostAsync($"/api/v1/incidents/{open.Id}/escalate", new { actor = "anna" })).Status, Is.EqualTo(400), "why?");
    }
}
