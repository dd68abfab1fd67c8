using System.CommandLine;
using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Ledger;

namespace HealingWorkers.Worker.Commands;

/// <summary>healing audit: who did what, when and why, and whether that is still what was written.</summary>
public sealed class AuditCommand : ICommandModule
{
    private const int Changed = 2;

    public Command Build(CommandShell shell)
    {
        var incident = new Option<long?>("--incident") { Description = "Only what was done about this incident", HelpName = "ID" };
        var limit = new Option<int>("--limit") { Description = "How many of the newest entries, up to 1000", HelpName = "COUNT", DefaultValueFactory = _ => 50 };
        var verify = new Option<bool>("--verify") { Description = "Walks the chain of hashes over all entries; 2 when one does not fit" };
        var head = new Option<string?>("--head") { Description = "A head that was kept elsewhere: the chain must still contain it", HelpName = "SEQ:HASH" };
        var format = CommandFormat.Option();
        var command = new Command("audit", "Shows who did what and why, the newest first, or verifies that nothing of it was changed") { incident, limit, verify, head, format };
        command.SetAction(async (parsed, cancel) =>
        {
            await using var host = shell.Compose(parsed);
            var ledger = await host.OpenLedgerAsync(cancel).ConfigureAwait(false);
            if (parsed.GetValue(verify) || parsed.GetValue(head) is not null)
                return await VerifyAsync(shell, ledger, parsed.GetValue(head), parsed.IsJson(format), cancel).ConfigureAwait(false);
            var rows = await new AuditLog(ledger).ListAsync(parsed.GetValue(incident), null, parsed.GetValue(limit), cancel).ConfigureAwait(false);
            Show(shell, rows, parsed.IsJson(format));
            return 0;
        });
        return command;
    }

    private static void Show(CommandShell shell, IReadOnlyList<AuditRow> rows, bool json)
    {
        if (json)
        {
            shell.WriteJson(rows.Select(r => new { r.Id, r.At, r.EventType, r.Severity, r.Message, r.Actor, incident = r.IncidentId, metadata = JsonNode.Parse(r.Metadata) }));
            return;
        }
        shell.Out.WriteLine(rows.Count == 0 ? "nothing was done yet" : $"{"entry",6}  {"when",-20}  {"what",-24} {"who",-20} said");
        foreach (var row in rows)
            shell.Out.WriteLine(SafeText.Of($"{row.Id,6}  {row.At.UtcDateTime,-20:u}  {row.EventType,-24} {row.Actor,-20} {row.Message}"));
    }

    private static async Task<int> VerifyAsync(CommandShell shell, LedgerDb ledger, string? head, bool json, CancellationToken cancel)
    {
        var known = head is null ? null : AuditMark.Parse(head)
            ?? throw new HealingException($"--head {head} is no head of a chain", "It is a number, a colon and 64 digits, as --verify and the page Audit show it.");
        var found = await MissingTable.TryAsync(() => new AuditChain(ledger).VerifyAsync(cancel, known)).ConfigureAwait(false);
        if (found.Value is not { } verdict)
            return shell.Fail(found.Missing!, "`healing migrate` brings it there, unless control.migration_revision holds it back");
        if (json)
        {
            shell.WriteJson(new { verdict.Holds, verdict.From, verdict.Through, head = verdict.Mark.ToString(), verdict.Misfits });
            return verdict.Holds ? 0 : Changed;
        }
        foreach (var misfit in verdict.Misfits)
            shell.Out.WriteLine(SafeText.Of($"CHANGED: {misfit.Why}{(misfit.Link is { } link ? $" (link {link})" : "")}"));
        if (verdict.Holds)
            shell.Out.WriteLine($"agrees: links {verdict.From + 1} to {verdict.Through} of the audit log, each entry as it was written");
        shell.Out.WriteLine($"head: {verdict.Mark}");
        return verdict.Holds ? 0 : Changed;
    }
}
