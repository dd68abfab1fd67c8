using System.CommandLine;
using HealingWorkers.Jobs.Ledger;

namespace HealingWorkers.Worker.Commands;

/// <summary>healing pause: the brake on all repairs, or on those of one target.</summary>
public sealed class PauseCommand : ICommandModule
{
    public Command Build(CommandShell shell)
    {
        var target = new Option<string?>("--target") { Description = "Only repairs of this target", HelpName = "NAME" };
        var why = new Option<string>("--why") { Description = "Why; kept in the audit log", HelpName = "TEXT", DefaultValueFactory = _ => "paused from the command line" };
        var command = new Command("pause", "Stops all repairs, of one target or of everything, at once; checks go on") { target, why };
        command.SetAction(async (parsed, cancel) =>
        {
            await using var host = shell.Compose(parsed);
            var ledger = await host.OpenLedgerAsync(cancel).ConfigureAwait(false);
            var name = parsed.GetValue(target);
            await new Pauses(ledger).PauseAsync(await KnownTargets.IdAsync(host, ledger, name, cancel).ConfigureAwait(false), shell.Actor, parsed.GetValue(why)!, cancel).ConfigureAwait(false);
            shell.Out.WriteLine($"repairs of {name ?? "everything"} are paused; `healing resume{(name is null ? "" : $" --target {name}")}` lets them go on");
            return 0;
        });
        return command;
    }
}
