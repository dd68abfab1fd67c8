using System.CommandLine;
using HealingWorkers.Worker.Supervisor;

namespace HealingWorkers.Worker.Commands;

/// <summary>healing dashboard: API and health without workers.</summary>
public sealed class DashboardCommand : ICommandModule
{
    public Command Build(CommandShell shell)
    {
        var command = new Command("dashboard", "Serves API, health and metrics of the fleet, without working itself");
        command.SetAction(async (parsed, cancel) =>
        {
            await using var host = shell.Compose(parsed, "information");
            ListenAddress.Check("http.listen", host.Options.Http.Listen);
            await host.OpenLedgerAsync(cancel).ConfigureAwait(false);
            await using var api = await ApiHost.StartAsync(host, cancel).ConfigureAwait(false);
            shell.Out.WriteLine($"{api.Address} is the dashboard; Ctrl-C stops it");
            var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var registration = cancel.Register(asked.SetResult).ConfigureAwait(false);
            await asked.Task.ConfigureAwait(false);
            return 0;
        });
        return command;
    }
}
