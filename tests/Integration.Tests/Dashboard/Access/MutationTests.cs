using System.Text;
using System.Text.Json.Nodes;
using HealingWorkers.Dashboard.Access;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Dashboard.Access;

/// <summary>Every change there is, made from what the server says of itself: what is added later is tried as well.</summary>
[TestFixture, NonParallelizable]
public sealed class MutationTests
{
    private static readonly string[] OwnOnly = ["/login", "/logout"];
    private Guarded _guarded = null!;

    [OneTimeSetUp]
    public async Task OpenAsync() => _guarded = await Guarded.OpenAsync();

    [OneTimeTearDown]
    public async Task CloseAsync() => await _guarded.DisposeAsync();

    [Test]
    public async Task No_change_of_the_api_is_open_to_a_viewer_a_reader_or_a_stranger()
    {
        using var anna = await _guarded.LoggedInAsync("anna");
        var document = JsonNode.Parse(await anna.GetStringAsync("/openapi/v1.json"))!;
        var changes = document["paths"]!.AsObject()
            .SelectMany(path => path.Value!.AsObject().Where(o => o.Key is "post" or "put" or "patch" or "delete").Select(o => (Method: o.Key, Path: Filled(path.Key)))).ToList();
        Assert.That(changes, Has.Count.GreaterThan(6));
        using var vera = await _guarded.LoggedInAsync("vera");
        using var reader = await _guarded.WithTokenAsync(TokenScope.Read);
        using var metrics = await _guarded.WithTokenAsync(TokenScope.Metrics);
        using var stranger = _guarded.Browser();
        var before = (await _guarded.AuditAsync()).Count;
        foreach (var (method, path) in changes)
        {
            Assert.That(await TryAsync(vera, method, path), Is.EqualTo("403 operator_needed"), $"{method} {path}");
            Assert.That(await TryAsync(reader, method, path), Is.EqualTo("403 operator_needed"), $"{method} {path}");
            Assert.That(await TryAsync(metrics, method, path), Is.EqualTo("403 token_scope"), $"{method} {path}");
            Assert.That(await TryAsync(stranger, method, path), Is.EqualTo("401 login_needed"), $"{method} {path}");
        }
        Assert.That(await _guarded.AuditAsync(), Has.Count.EqualTo(before), "nothing was done");
    }

    [Test]
    public async Task No_form_is_open_to_a_viewer_or_a_stranger()
    {
        using var vera = await _guarded.LoggedInAsync("vera");
        using var stranger = _guarded.Browser();
        var token = await Guarded.FormTokenAsync(vera);
        var tried = 0;
        foreach (var (route, method) in Routes().Where(r => r.Method is not ("GET" or "HEAD") && !OwnOnly.Contains(r.Route, StringComparer.Ordinal)))
        {
            tried++;
            Assert.That(await PostAsync(vera, method, Filled(route), token), Is.EqualTo(403), $"{method} {route}");
            Assert.That(await PostAsync(stranger, method, Filled(route), token), Is.EqualTo(401), $"{method} {route}");
        }
        Assert.That(tried, Is.GreaterThan(6));
    }

    [Test]
    public async Task Strangers_find_open_what_is_meant_to_be_and_nothing_else()
    {
        var open = _guarded.Stage.Host.Endpoints.OfType<RouteEndpoint>().Where(e => e.Metadata.GetMetadata<IAllowAnonymous>() is not null).Select(e => "/" + e.RoutePattern.RawText!.TrimStart('/')).Distinct(StringComparer.Ordinal);
        Assert.That(open, Is.EquivalentTo(new[] { "/assets/{hash}/{name}", "/healthz", "/healthz/database", "/livez", "/login", "/login.css", "/readyz" }));
        using var stranger = _guarded.Browser();
        foreach (var (route, _) in Routes().Where(r => r.Method == "GET" && !open.Contains(r.Route, StringComparer.Ordinal)))
            Assert.That((int)(await stranger.GetAsync(Filled(route))).StatusCode, Is.EqualTo(401), route);
    }

    private IEnumerable<(string Route, string Method)> Routes() => _guarded.Stage.Host.Endpoints.OfType<RouteEndpoint>()
        .SelectMany(e => (e.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET", "POST"]).Select(m => ("/" + e.RoutePattern.RawText!.TrimStart('/'), m))).Distinct();

    private static string Filled(string path) =>
        string.Join('/', path.Split('/').Select(part => !part.StartsWith('{') ? part : part.Contains("name", StringComparison.Ordinal) ? "movies" : part.Contains("document", StringComparison.Ordinal) ? "v1" : "1")).Replace("{documentName}", "v1", StringComparison.Ordinal);

    private static async Task<string> TryAsync(HttpClient client, string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method.ToUpperInvariant()), path);
        request.Content = new StringContent("""{"reason":"x","actor":"y"}""", Encoding.UTF8, "application/json");
        var (status, body) = await Stage.ReadAsync(await client.SendAsync(request));
        return $"{status} {body["code"]}";
    }

    private static async Task<int> PostAsync(HttpClient client, string method, string path, string token)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Content = new FormUrlEncodedContent(new Dictionary<string, string>(StringComparer.Ordinal) { ["__RequestVerificationToken"] = token, ["reason"] = "x" });
        using var answer = await client.SendAsync(request);
        return (int)answer.StatusCode;
    }
}
