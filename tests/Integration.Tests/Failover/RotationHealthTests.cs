using HealingWorkers.Drill;
using HealingWorkers.Integration.Tests.Ledger;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Failover;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Failover;

/// <summary>A rotation holds when the application's own page says so; where it does not in time, everything is as before.</summary>
[TestFixture]
internal sealed class RotationHealthTests
{
    private readonly DirectoryInfo _files = Directory.CreateTempSubdirectory("healing-rotation-");
    private PgCluster _server = null!;
    private FreshLedger _ledger = null!;
    private HealthPage _page = null!;

    [OneTimeSetUp]
    public async Task OpenAsync()
    {
        _server = await PgCluster.StartNewAsync();
        _ledger = await FreshLedger.CreateAsync();
        _page = await HealthPage.StartAsync();
    }

    [OneTimeTearDown]
    public async Task CloseAsync()
    {
        await _page.DisposeAsync();
        await _ledger.DisposeAsync();
        await _server.DisposeAsync();
        _files.Delete(recursive: true);
    }

    private string Old => _server.ConnectionString("postgres");
    private string File => Path.Combine(_files.FullName, "connection");

    [Test]
    public async Task The_page_is_asked_again_until_it_answers_200()
    {
        _page.Answers(503, 500, 204, 200, 503);
        var told = await RotateAsync(_page.Address, TimeSpan.FromSeconds(30));
        Assert.That(told, Has.Member($"it holds: {_page.Address} answers 200"));
        Assert.That(_page.Asked, Is.EqualTo(4), "what is well but no 200 does not count, and nobody asks on");
        Assert.That(await System.IO.File.ReadAllTextAsync(File), Does.Contain("127.0.0.1"));
        Assert.That(await EventsAsync("rotated"), Is.EqualTo(1));
    }

    [TestCase(503, " answers 503")]
    [TestCase(302, " answers 302")]
    [TestCase(HealthPage.Silence, ": ")]
    [TestCase(HealthPage.Nobody, ": Connection refused")]
    public async Task What_does_not_come_in_time_is_taken_back(int answer, string said)
    {
        _page.Answers(answer);
        var before = await EventsAsync("rotation_taken_back");
        var address = answer == HealthPage.Nobody ? $"http://127.0.0.1:{FreePort.Pick()}/health" : _page.Address;
        var told = new List<string>();
        var e = await Assert.ThrowsAsync<HealingException>(() => RotateAsync(address, TimeSpan.FromSeconds(1), told));
        Assert.That(e!.Message, Does.StartWith($"it does not hold after 1 s: {address}{said}"));
        Assert.That(e.Hint, Does.Contain("taken back"));
        Assert.That(told, Is.EqualTo(new[] { $"written: {File}", "everything is as before: the old place still takes writes" }));
        Assert.That(await System.IO.File.ReadAllTextAsync(File), Is.EqualTo(Old));
        Assert.That(await EventsAsync("rotation_taken_back"), Is.EqualTo(before + 1));
        Assert.That(answer == HealthPage.Nobody ? 2 : _page.Asked, Is.GreaterThanOrEqualTo(1), "it was asked");
    }

    private async Task<List<string>> RotateAsync(string health, TimeSpan patience, List<string>? told = null)
    {
        told ??= [];
        await System.IO.File.WriteAllTextAsync(File, Old);
        using var handler = new HttpClientHandler { AllowAutoRedirect = false };
        using var http = new HttpClient(handler);
        await using var target = new Target(new TargetOptions
        {
            Name = "movies", Connection = Old, ConnectionFiles = new() { Connection = File }, Rotation = new() { Health = health, Patience = patience },
        }, TimeProvider.System);
        await new Jobs.Failover.Rotation(target, _ledger.Db, http, "somebody", TimeProvider.System)
            .RunAsync(new("a test") { Host = $"127.0.0.1:{_server.Port}", Password = _server.Password }, told.Add, CancellationToken.None);
        return told;
    }

    private Task<int> EventsAsync(string what) => _ledger.ScalarAsync<int>("SELECT count(*)::int FROM healing.audit_log WHERE event_type = @what", new { what });
}
