using HealingWorkers.Jobs.Options;
using HealingWorkers.Worker.Commands;
using HealingWorkers.Worker.Hosting;

namespace HealingWorkers.Worker.Supervisor;

/// <summary>All that `healing up` keeps running: the workers, and the API in this process.</summary>
internal sealed class Household : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _fleet;
    private readonly ApiHost _api;

    private Household(ApiHost api, WorkerFleet fleet, TimeSpan drain)
    {
        _api = api;
        _fleet = fleet.RunAsync(drain, _stop.Token);
    }

    public string Address => _api.Address;

    public static async Task<Household> StartAsync(HealingHost host, CommandShell shell, OptionsSources sources, string? level, CancellationToken cancel)
    {
        var options = host.Options;
        ListenAddress.Check("http.listen", options.Http.Listen);
        await host.OpenLedgerAsync(cancel).ConfigureAwait(false);
        var api = await ApiHost.StartAsync(host, cancel).ConfigureAwait(false);
        var launch = new WorkerLaunch(Arguments(sources, level), host.EnvironmentOfWorkers(sources.Environment));
        return new Household(api, new WorkerFleet(launch, options.Worker.Count, shell.Clock, host.Get<ILogger<WorkerFleet>>()), options.Worker.Drain);
    }

    /// <summary>Returns when asked to stop, and throws when the workers cannot be kept running.</summary>
    public async Task UntilStoppedAsync(CancellationToken cancel)
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = cancel.Register(asked.SetResult).ConfigureAwait(false);
        await (await Task.WhenAny(asked.Task, _fleet).ConfigureAwait(false)).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _fleet.ConfigureAwait(false);
        await _api.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    private static List<string> Arguments(OptionsSources sources, string? level)
    {
        List<string> arguments = ["worker"];
        if (sources.File is { } file)
        {
            arguments.AddRange(["--config", file]);
        }
        foreach (var set in sources.Overrides)
        {
            arguments.AddRange(["--set", set]);
        }
        if (level is not null)
        {
            arguments.AddRange(["--log-level", level]);
        }
        return arguments;
    }
}
