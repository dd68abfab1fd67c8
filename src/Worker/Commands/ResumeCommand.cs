using System.CommandLine;
using HealingWorkers.Jobs.Ledger;

namespace HealingWorkers.Worker.Commands;

/// <summary>healing resume: lets go of the brake.</summary>
public sealed class ResumeCommand : ICommandModule
{
    public Command Build(CommandShell shell)
    {
        var target = new Option<string?>("--target") { Description = "Only repairs of this target", HelpName = "NAME" };
        var why = new Option<string>("--why") { Description = "Why; kept in the audit log", HelpName = "TEXT", DefaultValueFactory = _ => "resumed from the command line" };
        var command = new Command("resume", "Lets repairs go on that `healing pause` has stopped") { target, why };
        command.SetAction(async (parsed, cancel) =>
        {
            await using var host = shell.Compose(parsed);
            var ledger = await host.OpenLedgerAsync(cancel).ConfigureAwait(false);
            var name = parsed.GetValue(target);
            var pauses = new Pauses(ledger);
            var was = await pauses.ResumeAsync(await KnownTargets.IdAsync(host, ledger, name, cancel).ConfigureAwait(false), shell.Actor, parsed.GetValue(why)!, cancel).ConfigureAwait(false);
            shell.Out.WriteLine($"repairs of {name ?? "everything"} {(was ? "go on" : "were not paused")}");
            foreach (var left in await pauses.ListAsync(cancel).ConfigureAwait(false))
            {
                shell.Out.WriteLine(SafeText.Of($"still paused: {left.TargetName ?? "everything"}, by {left.Actor}: {left.Why}"));
            }
            return 0;
        });
        return command;
    }
}
