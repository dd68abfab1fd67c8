using System.CommandLine;
using HealingWorkers.Worker.Hosting;
using HealingWorkers.Worker.Supervisor;

namespace HealingWorkers.Worker.Commands;

/// <summary>healing up: control database, worker processes and API, until told to stop.</summary>
public sealed class UpCommand : ICommandModule
{
    public Command Build(CommandShell shell)
    {
        var command = new Command("up", "Runs everything: the control database where none is configured, the worker processes, the API");
        command.SetAction(async (parsed, cancel) =>
        {
            await using var host = shell.Compose(parsed, "information");
            await using var up = await Household.StartAsync(host, shell, parsed, cancel).ConfigureAwait(false);
            shell.Out.WriteLine($"{up.Address} is the API; {host.Options.Worker.Count} workers watch {Targets(host)}; Ctrl-C stops everything");
            await up.UntilStoppedAsync(cancel).ConfigureAwait(false);
            return 0;
        });
        return command;
    }

    private static string Targets(HealingHost host) =>
        host.Options.Targets.Count == 0 ? "no target yet (healing.yaml names them)" : string.Join(", ", host.Options.Targets.Select(t => t.Name));
}
