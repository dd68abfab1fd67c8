using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Telemetry;
using HealingWorkers.Drill;
using HealingWorkers.Worker.Telemetry;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Dashboard;

[TestFixture, NonParallelizable]
public sealed class WorkerMetricsTests
{
    [Test]
    public async Task A_second_worker_takes_the_next_port_and_a_third_is_refused()
    {
        var listen = $"127.0.0.1:{FreePort.Pick()}";
        await using var first = await StartAsync(listen);
        await using var second = await StartAsync(listen);
        Assert.That(second.Address!.Port, Is.EqualTo(first.Address!.Port + 1));
        var refused = await Assert.ThrowsAsync<HealingException>(async () => await StartAsync(listen));
        Assert.That(refused!.Hint, Does.Contain("worker.metrics_listen"));

        JobSignals.Started("repair");
        using var http = new HttpClient();
        var page = await http.GetStringAsync(new Uri(first.Address, "/metrics"));
        Assert.That(page, Does.Contain("healing_job_active{kind=\"repair\"} 1\n").And.Not.Contain("db_"));
        Assert.That(await http.GetStringAsync(new Uri(first.Address, "/livez")), Does.Contain("ok"));
    }

    [Test]
    public async Task Without_an_address_nothing_is_served()
    {
        await using var none = await StartAsync("");
        Assert.That(none.Address, Is.Null);
    }

    [Test]
    public async Task Beyond_loopback_nothing_is_served() =>
        await Assert.ThrowsAsync<HealingException>(async () => await StartAsync("0.0.0.0:0"));

    private static Task<WorkerMetrics> StartAsync(string listen) => 
        WorkerMetrics.StartAsync(new HealingOptions { Worker = { MetricsListen = listen, Count = 2 } }, TimeProvider.System, NullLoggerFactory.Instance, CancellationToken.None);
}
