using System.CommandLine;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Worker.Hosting;
using Npgsql;

namespace HealingWorkers.Worker.Commands;

/// <summary>healing undo: brings back what the repair of an incident removed or changed; called again, does it again.</summary>
public sealed class UndoCommand : ICommandModule
{
    public Command Build(CommandShell shell)
    {
        var id = new Argument<long>("ID");
        var dry = new Option<bool>("--dry-run") { Description = "Tries it, shows the statements and rolls everything back" };
        var yes = new Option<bool>("--yes") { Description = "Does it without asking" };
        var why = new Option<string>("--why") { Description = "Why; kept in the audit log and in the receipt", HelpName = "TEXT", DefaultValueFactory = _ => "a person wanted it" };
        var command = new Command("undo", "Brings back the rows that a repair removed or changed; of what was undone already, does the repair again") { id, dry, yes, why };
        command.SetAction(async (parsed, cancel) =>
        {
            await using var host = shell.Compose(parsed);
            await host.OpenLedgerAsync(cancel).ConfigureAwait(false);
            var undo = host.Get<HealerFactory>().Undo();
            if (parsed.GetValue(dry) || !parsed.GetValue(yes))
            {
                var tried = await TryAsync(undo, host, shell, parsed.GetValue(id), parsed.GetValue(why)!, dryRun: true, cancel).ConfigureAwait(false);
                Write(shell, tried, dryRun: true);
                if (parsed.GetValue(dry))
                {
                    return 0;
                }
                if (!await shell.AgreedAsync(cancel).ConfigureAwait(false))
                {
                    return shell.Fail("not undone", "--yes does it without asking");
                }
            }
            Write(shell, await TryAsync(undo, host, shell, parsed.GetValue(id), parsed.GetValue(why)!, dryRun: false, cancel).ConfigureAwait(false), dryRun: false);
            return 0;
        });
        return command;
    }

    private static Task<UndoOutcome> TryAsync(IncidentUndo undo, HealingHost host, CommandShell shell, long id, string why, bool dryRun, CancellationToken cancel) =>
        undo.RunAsync(id, host.WorkerId, shell.Actor, why, dryRun, cancel);

    private static void Write(CommandShell shell, UndoOutcome outcome, bool dryRun)
    {
        var incident = outcome.Incident;
        shell.Out.WriteLine(SafeText.Of($"incident {incident.Id}: {incident.Kind.Name} on {incident.Object} of {incident.TargetName} is {incident.State}"));
        shell.Out.WriteLine(SafeText.Of($"  {(dryRun ? "tried and rolled back: " : "")}{outcome.Work.Said}"));
        foreach (var statement in dryRun ? outcome.Work.Statements : [])
        {
            shell.Out.WriteLine($"  {SafeText.Of(statement)}");
        }
        if (!dryRun)
        {
            shell.Out.WriteLine(incident.State == IncidentState.Undone
                ? $"  the same damage is left alone from now on; `healing undo {incident.Id}` does the repair again, `healing incidents reopen` of what is found next lets it be repaired anew"
                : $"  `healing undo {incident.Id}` brings them back again");
        }
    }
}
