using System.CommandLine;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Repairs;
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
        var rows = new Option<string[]>("--rows") { Description = "Only these rows, by the names that --list shows, with commas between them", HelpName = "NAME,..." };
        var again = new Option<bool>("--again") { Description = "With --rows: takes rows again that came back" };
        var list = new Option<bool>("--list") { Description = "Shows the rows that the repair took, and does nothing" };
        var why = new Option<string>("--why") { Description = "Why; kept in the audit log and in the receipt", HelpName = "TEXT", DefaultValueFactory = _ => "a person wanted it" };
        var command = new Command("undo", "Brings back the rows that a repair removed or changed; of what was undone already, does the repair again") { id, rows, again, list, dry, yes, why };
        command.SetAction(async (parsed, cancel) =>
        {
            await using var host = shell.Compose(parsed);
            await host.OpenLedgerAsync(cancel).ConfigureAwait(false);
            if (parsed.GetValue(list))
            {
                await KeptRowsText.WriteAsync(shell, host, parsed.GetValue(id), cancel).ConfigureAwait(false);
                return 0;
            }
            var places = KeptPlace.ParseAll((parsed.GetValue(rows) ?? []).SelectMany(r => r.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)));
            if (parsed.GetValue(again) && places.Count == 0)
            {
                return shell.Fail("--again is for single rows", $"--rows names them; without, `healing undo {parsed.GetValue(id)}` of what is undone does the whole repair again");
            }
            var choice = places.Count == 0 ? null : new RowChoice(places, parsed.GetValue(again));
            var undo = host.Get<HealerFactory>().Undo();
            if (parsed.GetValue(dry) || !parsed.GetValue(yes))
            {
                var tried = await TryAsync(undo, host, shell, parsed.GetValue(id), parsed.GetValue(why)!, dryRun: true, choice, cancel).ConfigureAwait(false);
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
            Write(shell, await TryAsync(undo, host, shell, parsed.GetValue(id), parsed.GetValue(why)!, dryRun: false, choice, cancel).ConfigureAwait(false), dryRun: false);
            return 0;
        });
        return command;
    }

    private static Task<UndoOutcome> TryAsync(IncidentUndo undo, HealingHost host, CommandShell shell, long id, string why, bool dryRun, RowChoice? rows, CancellationToken cancel) =>
        undo.RunAsync(id, host.WorkerId, shell.Actor, why, dryRun, cancel, rows);

    private static void Write(CommandShell shell, UndoOutcome outcome, bool dryRun)
    {
        var incident = outcome.Incident;
        shell.Out.WriteLine(SafeText.Of($"incident {incident.Id}: {incident.Kind.Name} on {incident.Object} of {incident.TargetName} is {incident.State}"));
        shell.Out.WriteLine(SafeText.Of($"  {(dryRun ? "tried and rolled back: " : "")}{outcome.Work.Said}"));
        foreach (var statement in dryRun ? outcome.Work.Statements : [])
        {
            shell.Out.WriteLine($"  {SafeText.Of(statement)}");
        }
        if (!dryRun && incident.State is IncidentState.Escalated)
        {
            shell.Out.WriteLine($"  it stays escalated: `healing incidents reopen {incident.Id}` has it repaired anew, `healing incidents close {incident.Id}` ends it");
        }
        if (!dryRun && outcome.Work.Some is null)
        {
            shell.Out.WriteLine(incident.State == IncidentState.Undone
                ? $"  the same damage is left alone from now on; `healing undo {incident.Id}` does the repair again, `healing incidents reopen` of what is found next lets it be repaired anew"
                : $"  `healing undo {incident.Id}` brings them back again");
        }
    }
}
