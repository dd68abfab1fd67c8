using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using HealingWorkers.Drill;
using HealingWorkers.Worker.Engine;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Commands;

[TestFixture, NonParallelizable]
public sealed class UpTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Test]
    public async Task A_killed_worker_is_started_again_and_a_stop_takes_all_along()
    {
        await using var healing = new HealingProgram();
        var (up, address) = await healing.UpAsync("--set", "worker.count=2");
        using var http = new HttpClient();
        Assert.That(await http.GetStringAsync(new Uri(address + "/livez")), Is.Not.Empty);

        await EnginePagesAsync(http, address);

        var victim = await PidAsync(up, "worker 1 started as process");
        ProcessTable.Send(victim, Signal.Kill);
        await up.WaitForLineAsync(l => l.Contains($"(process {victim}) ended with 137", StringComparison.Ordinal), Patience);
        await up.WaitForLineAsync(l => l.Contains("worker 1 started as process", StringComparison.Ordinal) && !l.Contains($"process {victim}\"", StringComparison.Ordinal), Patience);

        up.Send(Signal.Terminate);
        Assert.That(await up.WaitForExitAsync(Patience), Is.Zero);
        await Poll.UntilAsync(() => healing.Processes().Count == 0, TimeSpan.FromSeconds(5), "nothing runs after the end");
    }

    /// <summary>Hangfire's edition has its pages behind the same guard as ours, and prometheus-net beside our metrics; the other one has neither.</summary>
    private static async Task EnginePagesAsync(HttpClient http, string address)
    {
        var pages = await http.GetAsync(new Uri(address + "/hangfire"));
        var metrics = await http.GetStringAsync(new Uri(address + "/metrics"));
        var edition = EngineFactory.Name;
        if (edition != "hangfire")
        {
            Assert.That(pages.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
            return;
        }
        Assert.That(await pages.Content.ReadAsStringAsync(), Does.Contain("HealingWorkers: deliveries"));
        Assert.That(pages.Headers.GetValues("Content-Security-Policy").Single(), Does.Contain("script-src 'self';"));
        Assert.That(metrics, Does.Contain("db_repair_success_rate").And.Contain("dotnet_collection_count_total"));
        using var form = new FormUrlEncodedContent([KeyValuePair.Create("jobs[]", "1")]);
        Assert.That((await http.PostAsync(new Uri(address + "/hangfire/jobs/succeeded/requeue"), form)).StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
    }

    [Test]
    public async Task A_port_in_use_is_an_error_with_a_hint_before_anything_starts()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        await using var healing = new HealingProgram();
        healing.Environment["HEALING__HTTP__LISTEN"] = taken.LocalEndpoint.ToString();
        var (code, _, error) = await healing.RunAsync("up");
        Assert.Multiple(() =>
        {
            Assert.That(code, Is.EqualTo(1));
            Assert.That(error, Does.StartWith($"error: {taken.LocalEndpoint} is in use by another process\nHINT: "));
            Assert.That(Directory.Exists(Path.Combine(healing.State, "control")), Is.False);
        });
    }

    [Test]
    public async Task No_command_ever_says_a_password()
    {
        await using var healing = new HealingProgram();
        await healing.RunAsync("migrate");
        var password = await File.ReadAllTextAsync(Path.Combine(healing.State, "control", "password"));
        healing.Environment["HEALING__TARGETS__0__NAME"] = "away";
        healing.Environment["HEALING__TARGETS__0__CONNECTION"] = "Host=127.0.0.1;Port=1;Username=me;Password=s3cr3t-of-a-target;Timeout=2";
        healing.Environment["HEALING__ALERTS__WEBHOOK"] = "http://127.0.0.1:1/s3cr3t-of-a-webhook";
        var said = new List<string>();
        foreach (var command in (string[][])
            [["config", "check"], ["config", "check", "--format", "json"], ["migrate"], ["pause"], ["resume"], ["metrics"], ["trigger", "db.health_check"], ["nonsense"]])
        {
            var (_, output, error) = await healing.RunAsync([.. command, "--log-level", "debug"]);
            said.AddRange([output, error]);
        }
        var up = healing.Start("up", "--log-level", "debug", "--set", "worker.count=1");
        await up.WaitForLineAsync(l => l.Contains("is the dashboard", StringComparison.Ordinal), Patience);
        await healing.RunAsync("trigger", "db.health_check");
        await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System);
        up.Send(Signal.Terminate);
        await up.WaitForExitAsync(Patience);
        said.AddRange(up.All);
        Assert.That(said, Has.None.Contains(password).And.None.Contains("s3cr3t"));
    }

    [Test]
    public async Task Log_lines_in_a_pipe_are_json_with_the_worker()
    {
        await using var healing = new HealingProgram();
        var (up, _) = await healing.UpAsync("--set", "worker.count=1");
        await up.WaitForLineAsync(l => l.Contains("started as process", StringComparison.Ordinal), Patience);
        using var line = JsonDocument.Parse(up.Error[0]);
        Assert.Multiple(() =>
        {
            Assert.That(line.RootElement.GetProperty("worker").GetString(), Does.EndWith(":" + up.Pid));
            Assert.That(line.RootElement.GetProperty("level").GetString(), Is.EqualTo("information"));
        });
    }

    private static async Task<int> PidAsync(ChildProcess up, string before)
    {
        var line = await up.WaitForLineAsync(l => l.Contains(before, StringComparison.Ordinal), Patience);
        using var json = JsonDocument.Parse(line);
        return json.RootElement.GetProperty("pid").GetInt32();
    }
}
