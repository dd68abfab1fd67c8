using HealingWorkers.Drill;
using HealingWorkers.Integration.Tests.Dashboard;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Deploy;

/// <summary>
/// What the image would run, run as the image would: published as deploy/Dockerfile says, in a read-only root of its own, as its user,
/// by its entry point, with its environment and its signals.
/// </summary>
[TestFixture, NonParallelizable]
internal sealed class ContainerTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly DockerfileText Image = new(File.ReadAllText(Clone.File("deploy/Dockerfile")));
    private ImageRoot _root = null!;
    private Ledger.FreshLedger _ledger = null!;
    private int _port;

    [OneTimeSetUp]
    public async Task PublishAsync()
    {
        if (Environment.UserName != "root")
            Assert.Ignore("Only root can make a root directory for another user.");
        _root = new ImageRoot(Image);
        // To a file: the compiler's server outlives it, and would keep a pipe open.
        var log = _root.App + ".log";
        await using var publish = ChildProcess.Start("/bin/sh", ["-c", "log=\"$1\"; shift; exec dotnet \"$@\" >\"$log\" 2>&1 </dev/null", "sh", log, .. Image.Publish("Quartz", _root.App), "-v", "q"], directory: Clone.Root);
        Assert.That(await publish.WaitForExitAsync(TimeSpan.FromMinutes(5)), Is.Zero, await File.ReadAllTextAsync(log));
        File.Copy(Clone.File("deploy/containers/first-start.sh"), Path.Combine(_root.App, "first-start.sh"));
        _ledger = await Ledger.FreshLedger.CreateEmptyAsync();
        _port = FreePort.Pick();
        foreach (var place in Image.OwnDirectories)
            await _root.VolumeAsync(place, own: true);
        var secrets = await _root.VolumeAsync("/run/secrets", own: false);
        await File.WriteAllTextAsync(Path.Combine(secrets, "control_connection"), _ledger.Cluster.TcpConnectionString(_ledger.Database) + "\n");
        await File.WriteAllTextAsync(Path.Combine(secrets, "movies_connection"), "Host=127.0.0.1;Port=1;Database=movies;Username=healing\n");
        await File.WriteAllTextAsync(Path.Combine(secrets, "admin_password"), "correct horse battery\n");
        var config = await File.ReadAllTextAsync(Clone.File("deploy/containers/healing.yaml"));
        Assert.That(config, Does.Contain("0.0.0.0:8080").And.Contain("drain: 60s"));
        await File.WriteAllTextAsync(Path.Combine(await _root.VolumeAsync(Image.WorkDirectory, own: false), "healing.yaml"), config.Replace("0.0.0.0:8080", $"0.0.0.0:{_port}", StringComparison.Ordinal));
    }

    [OneTimeTearDown]
    public async Task TearDownAsync()
    {
        if (_ledger is not null)
            await _ledger.DisposeAsync();
        if (_root is not null)
            await _root.DisposeAsync();
    }

    [Test]
    public void The_image_has_a_user_without_a_name_for_anything_and_Hangfire_unless_told_otherwise()
    {
        Assert.That(Image.User, Does.Match(@"^[1-9]\d{3,}:[1-9]\d{3,}$"));
        Assert.That(Image.DefaultOf("JOB_ENGINE"), Is.EqualTo("Hangfire"));
        Assert.That(Image.StopSignal, Is.EqualTo("SIGTERM"));
        Assert.That(Image.EntryPoint, Is.EqualTo(new[] { "/app/healing" }));
        Assert.That(Image.Command, Is.EqualTo(new[] { "worker" }));
        Assert.That(Image.HealthCheck, Is.EqualTo(new[] { "/app/healing", "health" }));
    }

    [Test]
    public async Task The_worker_works_says_that_it_is_well_and_drains_when_told_to_stop()
    {
        // as docker-compose.yml has it, on a port that is free here
        var metrics = FreePort.Pick();
        var port = new Dictionary<string, string>(StringComparer.Ordinal) { ["HEALING__WORKER__METRICS_LISTEN"] = $"0.0.0.0:{metrics}" };
        Assert.That((await RunAsync(Image.HealthCheck, port)).Code, Is.EqualTo(1), "nothing runs yet");
        Assert.That((await RunAsync(["/bin/sh", "/app/first-start.sh"])).Code, Is.Zero);
        await using var worker = _root.Start([.. Image.EntryPoint, .. Image.Command], port);
        await worker.WaitForLineAsync(l => l.Contains("works with", StringComparison.Ordinal), Limit);
        var (code, said) = await RunAsync(Image.HealthCheck, port);
        Assert.That(code, Is.Zero, said);
        using (var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{metrics}") })
        {
            Assert.That((int)(await http.GetAsync("/metrics")).StatusCode, Is.EqualTo(401));
            http.DefaultRequestHeaders.Authorization = new("Bearer", await TokenAsync());
            Assert.That(await http.GetStringAsync("/metrics"), Does.Contain("healing_build_info").Or.Contain("healing_job"));
        }
        await using (var writes = _root.Start(["/bin/sh", "-c", "id -u; touch /app/x /etc/healing/x /usr/x /x; touch /tmp/x /var/lib/healing/x && echo volumes"]))
        {
            await writes.WaitForExitAsync(Limit);
            Assert.That(writes.Output, Is.EqualTo(new[] { Image.User.Split(':')[0], "volumes" }), string.Join('\n', writes.All));
            Assert.That(writes.Error.Count(l => l.Contains("cannot touch", StringComparison.Ordinal)), Is.EqualTo(4), string.Join('\n', writes.All));
        }
        worker.Send(Signal.Terminate);
        Assert.That(await worker.WaitForExitAsync(Limit), Is.Zero, string.Join('\n', worker.All.TakeLast(20)));
        Assert.That(await _ledger.ScalarAsync<long>("SELECT count(*) FROM healing.workers WHERE stopped_at IS NOT NULL"), Is.EqualTo(1), "it said goodbye");
        Assert.That((await RunAsync(Image.HealthCheck, port)).Code, Is.EqualTo(1));
    }

    [Test]
    public async Task The_dashboard_asks_who_comes_and_the_first_start_made_a_login_and_a_token()
    {
        var (code, said) = await RunAsync(["/bin/sh", "/app/first-start.sh"]);
        Assert.That(code, Is.Zero, said);
        Assert.That((await RunAsync(["/bin/sh", "/app/first-start.sh"])).Code, Is.Zero, "a second time does nothing");
        await using var dashboard = _root.Start([.. Image.EntryPoint, "dashboard"]);
        await dashboard.WaitForLineAsync(l => l.Contains("Ctrl-C", StringComparison.Ordinal), Limit);
        var (well, answer) = await RunAsync([.. Image.HealthCheck, "--ready"]);
        Assert.That(well, Is.Zero, answer);
        using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri($"http://127.0.0.1:{_port}") };
        Assert.That((int)(await http.GetAsync("/metrics")).StatusCode, Is.EqualTo(401));
        http.DefaultRequestHeaders.Authorization = new("Bearer", await TokenAsync());
        Assert.That(await http.GetStringAsync("/metrics"), Does.Contain("healing_ledger_up 1"));
        dashboard.Send(Signal.Terminate);
        Assert.That(await dashboard.WaitForExitAsync(Limit), Is.Zero, string.Join('\n', dashboard.All.TakeLast(20)));
    }

    private async Task<string> TokenAsync() => (await File.ReadAllTextAsync(Path.Combine(await _root.VolumeAsync("/metrics-token", own: true), "token"))).Trim();

    private async Task<(int Code, string Said)> RunAsync(IEnumerable<string> command, IReadOnlyDictionary<string, string>? more = null)
    {
        await using var process = _root.Start(command, more);
        var code = await process.WaitForExitAsync(Limit);
        return (code, string.Join('\n', process.All));
    }
}
