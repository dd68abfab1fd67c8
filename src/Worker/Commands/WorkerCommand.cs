using System.CommandLine;
using HealingWorkers.Worker.Hosting;
using HealingWorkers.Worker.Supervisor;
using HealingWorkers.Worker.Telemetry;

namespace HealingWorkers.Worker.Commands;

/// <summary>healing worker: one process of the fleet.</summary>
public sealed class WorkerCommand : ICommandModule
{
    public Command Build(CommandShell shell)
    {
        var command = new Command("worker", "Runs one worker process, which checks, repairs and verifies until it is told to stop");
        command.SetAction(async (parsed, cancel) =>
        {
            using var life = SupervisedLife.Watch(shell.Environment, cancel);
            await using var host = shell.Compose(parsed, "information");
            using var use = HealingHost.ShareStore(shell.Environment);
            await host.OpenLedgerAsync(life.Token).ConfigureAwait(false);
            await using var metrics = await WorkerMetrics.StartAsync(host.Options, shell.Clock, host.Get<ILoggerFactory>(), life.Token).ConfigureAwait(false);
            await WorkerLife.RunAsync(host, life.Token).ConfigureAwait(false);
            return 0;
        });
        return command;
    }
}
