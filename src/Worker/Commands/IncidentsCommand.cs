using System.CommandLine;
using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;

namespace HealingWorkers.Worker.Commands;

/// <summary>healing incidents: what is or was wrong, and what a person decides about it.</summary>
public sealed class IncidentsCommand : ICommandModule
{
    public Command Build(CommandShell shell)
    {
        var command = new Command("incidents", "Lists incidents; shows, reopens, closes or suppresses one");
        var list = List(shell);
        command.Subcommands.Add(list.Command);
        command.Subcommands.Add(Show(shell));
        command.Subcommands.Add(Decision(shell, "reopen", "Takes it up again, with fresh attempts", (d, id, why, cancel) => d.ReopenAsync(id, shell.Actor, why, cancel)));
        command.Subcommands.Add(Decision(shell, "close", "Closes it without a repair", (d, id, why, cancel) => d.CloseAsync(id, shell.Actor, why, cancel)));
        command.Subcommands.Add(Decision(shell, "suppress", "Leaves it alone until it is reopened", (d, id, why, cancel) => d.SuppressAsync(id, shell.Actor, why, null, cancel)));
        foreach (var option in list.Command.Options)
        {
            command.Options.Add(option);
        }
        command.SetAction(list.Run);
        return command;
    }

    private static (Command Command, Func<ParseResult, CancellationToken, Task<int>> Run) List(CommandShell shell)
    {
        var target = new Option<string?>("--target") { Description = "Only of this target", HelpName = "NAME" };
        var all = new Option<bool>("--all") { Description = "Those that are over as well" };
        var format = CommandFormat.Option();
        var command = new Command("list", "Lists incidents, the newest first") { target, all, format };
        command.SetAction(RunAsync);
        return (command, RunAsync);

        async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
        {
            await using var host = shell.Compose(parsed);
            await host.OpenLedgerAsync(cancel).ConfigureAwait(false);
            var found = await host.Get<IncidentLedger>().ListAsync(new() { Target = parsed.GetValue(target), OpenOnly = !parsed.GetValue(all), Limit = 500 }, cancel).ConfigureAwait(false);
            if (parsed.IsJson(format))
            {
                shell.WriteJson(found.Select(IncidentView.Of));
                return 0;
            }
            shell.Out.WriteLine(found.Count == 0 ? "no incident" : $"{"id",6}  {"state",-17} {"kind",-20} {"target",-16} object");
            foreach (var i in found)
            {
                shell.Out.WriteLine(SafeText.Of($"{i.Id,6}  {i.State,-17} {i.Kind.Name,-20} {i.TargetName,-16} {i.Object}{(i.Reason is null ? "" : $"  ({i.Reason})")}"));
            }
            return 0;
        }
    }

    private static Command Show(CommandShell shell)
    {
        var id = new Argument<long>("ID");
        var format = CommandFormat.Option();
        var command = new Command("show", "Shows one incident with its attempts and its audit rows") { id, format };
        command.SetAction(async (parsed, cancel) =>
        {
            await using var host = shell.Compose(parsed);
            await host.OpenLedgerAsync(cancel).ConfigureAwait(false);
            var ledger = host.Get<IncidentLedger>();
            var incident = await ledger.FindAsync(parsed.GetValue(id), cancel).ConfigureAwait(false)
                ?? throw new HealingException($"there is no incident {parsed.GetValue(id)}", "`healing incidents` lists them");
            var attempts = await ledger.AttemptsAsync(incident.Id, cancel).ConfigureAwait(false);
            var audit = (await host.Get<AuditLog>().ListAsync(incident.Id, null, 200, cancel).ConfigureAwait(false)).Reverse().ToList();
            var snapshots = await new SnapshotLedger(host.Get<LedgerDb>()).OfIncidentAsync(incident.Id, cancel).ConfigureAwait(false);
            if (parsed.IsJson(format))
            {
                shell.WriteJson(new { incident = IncidentView.Of(incident), attempts, audit, snapshots = snapshots.Select(SnapshotView.Of) });
                return 0;
            }
            shell.Out.WriteLine(SafeText.Of($"incident {incident.Id}: {incident.Kind.Name} on {incident.Object} of {incident.TargetName}"));
            shell.Out.WriteLine(SafeText.Of($"  {incident.State}, attempt {incident.Attempts} of {incident.AttemptsAllowed}{(incident.Reason is null ? "" : $": {incident.Reason}")}"));
            shell.Out.WriteLine(SafeText.Of($"  {incident.Detail}"));
            foreach (var row in audit)
            {
                shell.Out.WriteLine(SafeText.Of($"  {row.At:u} {row.Actor}: {row.Message}"));
            }
            WriteQuarantine(shell, incident, attempts);
            foreach (var kept in snapshots.Select(SnapshotView.Of))
            {
                shell.Out.WriteLine(SafeText.Of($"  snapshot {kept.Id} ({kept.Kind}, {kept.Bytes >> 10} kB) in {kept.Place} on {kept.Host}{(kept.RemovedAt is { } gone ? $": removed {gone:u}" : $", until {kept.ExpiresAt:u}")}"));
                if (kept is { Restore: { } restore, RemovedAt: null })
                {
                    shell.Out.WriteLine(SafeText.Whole($"    bring it back: {restore}"));
                }
            }
            return 0;
        });
        return command;
    }

    private static void WriteQuarantine(CommandShell shell, Incident incident, IReadOnlyList<AttemptRow> attempts)
    {
        foreach (var attempt in attempts.Where(a => a.RowsQuarantined > 0))
        {
            var batches = JsonNode.Parse(attempt.Quarantine ?? "[]")!.AsArray().Select(b => $"{b!["batch"]}");
            shell.Out.WriteLine(SafeText.Of($"  in quarantine by attempt {attempt.Number} ({attempt.Repair}): {attempt.RowsQuarantined} rows, batch {string.Join(", ", batches)} of the target's schema healing_quarantine"));
        }
        if (attempts.Any(a => a.RowsQuarantined > 0))
        {
            shell.Out.WriteLine(incident.State switch
            {
                IncidentState.Escalated or IncidentState.Closed when attempts.Sum(a => a.RowsQuarantined) <= attempts.Back() => "  they are back in their tables",
                var state when state.GivesBack() => $"  `healing undo {incident.Id}` brings them back; with --dry-run it only tries",
                IncidentState.Undone => $"  they are back in their tables; `healing undo {incident.Id}` does the repair again",
                _ => "  `healing undo` brings them back once the incident is resolved, escalated or closed",
            });
        }
    }

    private static Command Decision(CommandShell shell, string verb, string summary, Func<IncidentDecisions, long, string, CancellationToken, Task<Incident>> decide)
    {
        var id = new Argument<long>("ID");
        var why = new Option<string>("--why") { Description = "Why; kept in the audit log", HelpName = "TEXT", Required = true };
        why.Validators.Add(given =>
        {
            if (given.Tokens.Count > 0 && string.IsNullOrWhiteSpace(given.Tokens[0].Value))
            {
                given.AddError("--why takes a reason");
            }
        });
        var command = new Command(verb, summary) { id, why };
        command.SetAction(async (parsed, cancel) =>
        {
            await using var host = shell.Compose(parsed);
            await host.OpenLedgerAsync(cancel).ConfigureAwait(false);
            var decided = await decide(host.Get<IncidentDecisions>(), parsed.GetValue(id), parsed.GetValue(why)!, cancel).ConfigureAwait(false);
            shell.Out.WriteLine($"incident {decided.Id} is {decided.State}");
            return 0;
        });
        return command;
    }
}
